-- Impressions and interactions a local day, week or month; every one of the period, with zeros where nothing happened.
--   $1 text[]: project ids, or null for every project
--   $2 timestamptz: start of the period
--   $3 timestamptz: end of the period, excluded
--   $4 text: the time zone
--   $5 text: day, week or month
--   $6 date: the period's first local day
--   $7 date: its last, included
-- Counts on quarter_hour_stats_pkey (project_id, bucket_at), or for every project on quarter_hour_stats_bucket_at_idx.
with quarters as (
    -- Projects added up first, so that the zone is worked out once a quarter and not once a row.
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
counted as (
    select
        date_trunc($5::text, bucket_at at time zone $4::text) as starts_on,
        sum(impressions) as impressions,
        sum(interactions) as interactions
    from quarters
    group by starts_on
)
select
    calendar.starts_on::date as starts_on,
    coalesce(counted.impressions, 0)::bigint as impressions,
    coalesce(counted.interactions, 0)::bigint as interactions
from generate_series(
    date_trunc($5::text, $6::date::timestamp),
    $7::date::timestamp,
    ('1 ' || $5::text)::interval
) as calendar (starts_on)
left join counted on counted.starts_on = calendar.starts_on
order by calendar.starts_on
