-- Services that are connected as a superuser at this moment, in words. No parameters. Reads the sessions.
select distinct format('%s as %s', application_name, usename)
from pg_stat_activity
join pg_roles on pg_roles.oid = usesysid
where datname = current_database()
  and rolsuper
  and application_name like 'footfall-%'
order by 1
