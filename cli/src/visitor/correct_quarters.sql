-- Takes erased rows out of quarters of an hour. $1 projects, $2 starts, $3 impressions, $4 interactions; one entry a key. Index: the
-- primary key.
update quarter_hour_stats as stats
set impressions_count  = stats.impressions_count - erased.impressions,
    interactions_count = stats.interactions_count - erased.interactions
from unnest($1::text[], $2::timestamptz[], $3::bigint[], $4::bigint[])
    as erased (project_id, bucket_at, impressions, interactions)
where stats.project_id = erased.project_id
  and stats.bucket_at = erased.bucket_at
