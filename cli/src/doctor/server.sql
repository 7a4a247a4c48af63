-- Which Postgres this is: as a number, and in its own words. No parameters.
select current_setting('server_version_num')::integer, current_setting('server_version')
