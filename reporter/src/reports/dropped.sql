-- Events that rules dropped, by project, UTC day of receipt and reason; the latest days first.
--   $1 text[]: project ids, or null for every project
--   $2 date: the first day
--   $3 date: the last day, included
--   $4 bigint: most entries
-- Counts on daily_dropped_stats_pkey (project_id, date, reason), or for every project on daily_dropped_stats_date_idx.
select
    project_id,
    projects.name,
    date,
    reason,
    dropped_count
from daily_dropped_stats
join projects using (project_id)
where ($1::text[] is null or project_id = any ($1::text[]))
  and date between $2::date and $3::date
order by date desc, project_id, reason
limit $4::bigint
