-- The four roles a deployment grants its users: migrate owns the tables, write stores events, read answers dashboards,
-- collect reads what a collector must know of projects.
-- Run before the migrations, each time: it changes nothing where the roles exist. Roles belong to the whole server,
-- so two databases migrating at once may race here; losing that race is success.
do $$
declare
    name text;
begin
    foreach name in array array['footfall_migrate', 'footfall_write', 'footfall_read', 'footfall_collect'] loop
        if not exists (select from pg_roles where rolname = name) then
            begin
                execute format('create role %I nologin', name);
            exception when duplicate_object or unique_violation then
                null;
            end;
        end if;
    end loop;
    -- Who migrates may do what each of them may.
    foreach name in array array['footfall_migrate', 'footfall_write', 'footfall_read', 'footfall_collect'] loop
        if not pg_has_role(current_user, name, 'member') then
            execute format('grant %I to %I', name, current_user);
        end if;
    end loop;
    -- DESIGN 3.6: lets the writer check references once a batch instead of once a row. Only a superuser can grant it;
    -- without the grant the writer works with the triggers on.
    if not has_parameter_privilege('footfall_write', 'session_replication_role', 'set') then
        begin
            grant set on parameter session_replication_role to footfall_write;
        exception when insufficient_privilege or unique_violation then
            raise notice 'footfall_write may not set session_replication_role: foreign keys are checked row by row';
        end;
    end if;
    if not has_schema_privilege('footfall_migrate', 'public', 'create') then
        grant create, usage on schema public to footfall_migrate;
    end if;
end
$$;
