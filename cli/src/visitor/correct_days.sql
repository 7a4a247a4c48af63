-- Takes erased rows out of UTC days. $1 projects, $2 starts of quarters, $3 impressions, $4 interactions; one entry a quarter. Index:
-- the primary key.
update daily_analytics_stats as stats
set impressions_count  = stats.impressions_count - erased.impressions,
    interactions_count = stats.interactions_count - erased.interactions
from (
    select project_id, (bucket_at at time zone 'UTC')::date as date,
           sum(impressions)::bigint as impressions, sum(interactions)::bigint as interactions
    from unnest($1::text[], $2::timestamptz[], $3::bigint[], $4::bigint[])
        as quarters (project_id, bucket_at, impressions, interactions)
    group by 1, 2
) as erased
where stats.project_id = erased.project_id
  and stats.date = erased.date
