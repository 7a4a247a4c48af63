-- The sketches of UTC days: a row a project or one for all, and rows of what waits to be folded.
--   $1 text[]: project ids, or the one that stands for every project
--   $2 date: the first day
--   $3 date: the last day, included
--   $4 boolean: for every project: what waits to be folded has no row for all of them
-- Counts on daily_visitor_sketches_pkey (project_id, date) and rollup_deltas_project_id_date_idx; for every project scans
-- rollup_deltas, whose rows live for seconds.
select project_id, date, visitors, sessions, opened, asked, submitted
from daily_visitors
where project_id = any ($1::text[])
  and date between $2::date and $3::date
union all
select '', date, visitors, sessions, opened, asked, submitted
from rollup_deltas
where $4::boolean
  and date between $2::date and $3::date
