-- Users and databases for which synchronous_commit is switched off. No parameters. Reads the catalogue.
select format('%s for %s', setting,
              coalesce('user ' || nullif(setrole, 0)::regrole::text, 'database ' || current_database()))
from pg_db_role_setting, unnest(setconfig) as setting
where setdatabase in (0, (select oid from pg_database where datname = current_database()))
  and setting in ('synchronous_commit=off', 'synchronous_commit=local')
order by 1
