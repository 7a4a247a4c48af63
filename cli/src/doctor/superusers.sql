-- Services that are connected as a superuser, or as the tables' owner, at this moment, in words. No parameters. Reads the sessions.
select distinct format('%s as %s', application_name, usename)
from pg_stat_activity
join pg_roles on pg_roles.oid = usesysid
where datname = current_database()
  and (rolsuper or pg_has_role(usesysid, 'footfall_migrate', 'member'))
  and application_name like 'footfall-%'
order by 1
