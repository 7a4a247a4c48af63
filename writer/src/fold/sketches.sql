-- Sketches that are kept. $1 projects, $2 dates; one entry a key. Index: the primary key.
select project_id, date, visitors, sessions, opened, asked, submitted
from daily_visitor_sketches
join unnest($1::text[], $2::date[]) as asked_for (project_id, date) using (project_id, date)
