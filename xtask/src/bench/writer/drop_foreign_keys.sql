-- Rids the raw tables of their foreign keys. No parameters.
do $$
declare
    found record;
begin
    for found in
        select conrelid::regclass as owner, conname
        from pg_constraint
        where contype = 'f'
          and conparentid = 0
          and conrelid in ('analytics_impressions'::regclass, 'analytics_events'::regclass)
    loop
        execute format('alter table %s drop constraint %I', found.owner, found.conname);
    end loop;
end
$$
