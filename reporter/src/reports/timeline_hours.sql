-- Impressions and interactions an hour of the local clock; every one of the period, with zeros where nothing happened.
--   $1 text[]: project ids, or null for every project
--   $2 timestamptz: start of the period
--   $3 timestamptz: end of the period, excluded
--   $4 text: the time zone
-- An hour is told from its double, when clocks go back, by its offset from UTC; it starts at its first quarter, which
-- need not be minute 0: where clocks move by half an hour, so may an hour.
-- Counts on quarter_hour_stats_pkey (project_id, bucket_at), or for every project on quarter_hour_stats_bucket_at_idx.
with quarters as (
    select
        bucket_at,
        sum(impressions_count) as impressions,
        sum(interactions_count) as interactions
    from quarter_hour_stats
    where ($1::text[] is null or project_id = any ($1::text[]))
      and bucket_at >= $2::timestamptz
      and bucket_at < $3::timestamptz
    group by bucket_at
),
calendar as (
    select
        bucket_at,
        bucket_at at time zone $4::text as local_at,
        bucket_at at time zone $4::text - bucket_at at time zone 'UTC' as utc_offset
    from generate_series(
        $2::timestamptz,
        $3::timestamptz - interval '15 minutes',
        interval '15 minutes'
    ) as bucket_at
)
select
    min(calendar.bucket_at) as starts_at,
    extract(epoch from calendar.utc_offset)::integer as utc_offset_s,
    coalesce(sum(quarters.impressions), 0)::bigint as impressions,
    coalesce(sum(quarters.interactions), 0)::bigint as interactions
from calendar
left join quarters on quarters.bucket_at = calendar.bucket_at
group by date_trunc('hour', calendar.local_at), calendar.utc_offset
order by starts_at
