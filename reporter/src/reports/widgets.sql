-- Impressions and interactions by project, of the projects where anything happened in a period.
--   $1 text[]: project ids, or null for every project
--   $2 timestamptz: start of the period
--   $3 timestamptz: end of the period, excluded
-- Counts on quarter_hour_stats_pkey (project_id, bucket_at), or for every project on quarter_hour_stats_bucket_at_idx.
with counted as (
    select
        project_id,
        sum(impressions_count)::bigint as impressions,
        sum(interactions_count)::bigint as interactions
    from quarter_hour_stats
    where ($1::text[] is null or project_id = any ($1::text[]))
      and bucket_at >= $2::timestamptz
      and bucket_at < $3::timestamptz
    group by project_id
)
select
    project_id,
    projects.name,
    counted.impressions,
    counted.interactions
from counted
join projects using (project_id)
