-- Users and databases that are given a setting of their own which breaks the promise. No parameters. Reads the catalogue.
-- A setting stands there in the words in which it was given, and a boolean has many.
with given as (
    select split_part(setting, '=', 1) as name,
           lower(substr(setting, strpos(setting, '=') + 1)) as value,
           coalesce('user ' || nullif(setrole, 0)::regrole::text, 'database ' || current_database()) as whose
    from pg_db_role_setting, unnest(setconfig) as setting
    where setdatabase in (0, (select oid from pg_database where datname = current_database()))
)
select format('%s=%s for %s', name, value, whose)
from given
where (name = 'synchronous_commit' and value in ('off', 'of', 'false', 'fals', 'fal', 'fa', 'f', 'no', 'n', '0', 'local'))
   -- Neither foreign keys nor the number by which collectors know that projects changed.
   or (name = 'session_replication_role' and value = 'replica')
order by 1
