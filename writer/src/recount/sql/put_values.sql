-- Puts a dimension's named values of a project's day. $1 text: project, $2 date, $3 smallint: dimension, $4 values, $5 counts.
insert into daily_value_stats (project_id, date, dimension, value, events_count)
select $1, $2, $3, value, events_count
from unnest($4::text[], $5::bigint[]) as named (value, events_count)
order by value
