-- Impressions and interactions by quarter of an hour, packed by UTC day: a row a project, or one for all.
--   $1 text[]: project ids, or the one that stands for every project
--   $2 date[]: UTC days
-- Counts on packed_quarters_pkey (project_id, date).
select date, impressions, interactions
from packed_quarters
where project_id = any ($1::text[])
  and date = any ($2::date[])
