-- Keeps merged sketches. $1 projects, $2 dates, $3 visitors, $4 sessions, $5 opened, $6 asked, $7 submitted; one entry a key.
-- Index: the primary key.
insert into daily_visitor_sketches (project_id, date, visitors, sessions, opened, asked, submitted)
select project_id, date, coalesce(visitors, ''), coalesce(sessions, ''), opened, asked, submitted
from unnest($1::text[], $2::date[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[])
    as merged (project_id, date, visitors, sessions, opened, asked, submitted)
on conflict (project_id, date) do update
set visitors  = excluded.visitors,
    sessions  = excluded.sessions,
    opened    = excluded.opened,
    asked     = excluded.asked,
    submitted = excluded.submitted
