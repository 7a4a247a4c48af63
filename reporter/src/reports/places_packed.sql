-- Impressions by place, packed by UTC day: a row a project, or one for all.
--   $1 text[]: project ids, or the one that stands for every project
--   $2 date: the first day
--   $3 date: the last day, included
-- Counts on packed_places_pkey (project_id, date).
select place_ids, counts
from packed_places
where project_id = any ($1::text[])
  and date between $2::date and $3::date
