-- Impressions and interactions by UTC day.
--   $1 text[]: project ids
--   $2 date[]: UTC days
-- Counts on daily_analytics_stats_pkey (project_id, date).
select
    date,
    sum(impressions_count)::bigint as impressions,
    sum(interactions_count)::bigint as interactions
from daily_analytics_stats
where project_id = any ($1::text[])
  and date = any ($2::date[])
group by date
