-- A project that is counted no longer. Collectors answer as if there were none; its rows, rollups and reports stay, and what
-- was accepted before is still stored.
alter table projects
    add column retired_at timestamptz;

-- The collector leaves retired projects out of its copy.
grant select (retired_at) on projects to footfall_collect;
