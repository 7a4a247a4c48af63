-- Keeps merged sketches. $1 projects, $2 dates, $3 visitors, $4 sessions; one entry a key. Index: the primary key.
insert into daily_visitor_sketches (project_id, date, visitors, sessions)
select * from unnest($1::text[], $2::date[], $3::bytea[], $4::bytea[])
on conflict (project_id, date) do update
set visitors = excluded.visitors,
    sessions = excluded.sessions
