-- The users that services log in as; run once after the first `migrate`, as a superuser, with passwords of your own:
--   psql -v migrate_password=… -v write_password=… -v read_password=… -v collect_password=… -f users.sql
create role footfall_migrator  login createrole password :'migrate_password' in role footfall_migrate;
create role footfall_writer    login password :'write_password'   in role footfall_write;
create role footfall_reporter  login password :'read_password'    in role footfall_read;
create role footfall_collector login password :'collect_password' in role footfall_collect;
