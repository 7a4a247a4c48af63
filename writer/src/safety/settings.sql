-- Settings in force for this session. $1 text[]: their names. Answers them in the order asked for.
select name, setting
from unnest($1::text[]) with ordinality as asked (name, place)
join pg_settings using (name)
order by place
