-- Impressions and interactions of a period, in one number each.
--   $1 text[]: project ids, or null for every project
--   $2 timestamptz: start of the period
--   $3 timestamptz: end of the period, excluded
-- Counts on quarter_hour_stats_pkey (project_id, bucket_at), or for every project on quarter_hour_stats_bucket_at_idx.
select
    coalesce(sum(impressions_count), 0)::bigint as impressions,
    coalesce(sum(interactions_count), 0)::bigint as interactions
from quarter_hour_stats
where ($1::text[] is null or project_id = any ($1::text[]))
  and bucket_at >= $2::timestamptz
  and bucket_at < $3::timestamptz
