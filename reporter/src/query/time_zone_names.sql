-- The time zones a client may name: Postgres's own list, less the aliases that mean another thing on another server.
-- `at time zone` itself would also take abbreviations and POSIX rules, which say nothing about a region's history.
-- No parameters. Reads the server's time zone files, which takes tens of milliseconds.
select name
from pg_timezone_names
where name !~ '^(posix|right)/'
  and name not in ('localtime', 'posixrules', 'Factory')
