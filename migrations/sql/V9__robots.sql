-- Robots: crawlers, browsers that a program drives, pages fetched ahead of a visit. The writer knows them; a project may keep
-- their events, otherwise they are dropped and counted.
alter table projects
    add column keep_bots boolean not null default false;

-- What the writer drops is counted beside what the collector drops. Not checked anew: every row obeys the narrower rule of
-- before, and a scan would keep writers waiting.
alter table daily_dropped_stats
    drop constraint reason_is_known,
    add constraint reason_is_known check (reason in ('gpc', 'dnt', 'bot', 'automation', 'prefetch')) not valid;

-- As lock_projects, which writers of before go on calling; and whether each keeps the events of robots.
create function lock_projects_with_rules(project_ids text[]) returns table (project_id text, keep_bots boolean)
language sql
security definer
set search_path = public, pg_temp
as $$
    select projects.project_id, projects.keep_bots
    from projects
    where projects.project_id = any (project_ids)
    order by projects.project_id
    for key share
$$;

revoke execute on function lock_projects_with_rules from public;
grant execute on function lock_projects_with_rules to footfall_write;
