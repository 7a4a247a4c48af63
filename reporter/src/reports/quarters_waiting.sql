-- Impressions and interactions by quarter of an hour that wait to be packed.
--   $1 text[]: project ids, or null for every project
--   $2 timestamptz: start of the range
--   $3 timestamptz: end of the range, excluded
-- Counts on quarter_hour_stats_pkey (project_id, bucket_at), or for every project on quarter_hour_stats_bucket_at_idx.
select
    bucket_at,
    sum(impressions_count)::bigint as impressions,
    sum(interactions_count)::bigint as interactions
from quarter_hour_stats
where ($1::text[] is null or project_id = any ($1::text[]))
  and bucket_at >= $2::timestamptz
  and bucket_at < $3::timestamptz
group by bucket_at
