-- Keys at which a rollup differs from a recount of the raw rows, at most ten, in words. No parameters; scans all rows.
with events as (
    select project_id, created_at, 1 as impressions, 0 as interactions from analytics_impressions
    union all
    select project_id, created_at, 0, 1 from analytics_events
),
-- Both rollups and both recounts in one shape.
counted as (
    select 'quarter_hour_stats' as rollup, project_id, date_bin('15 minutes', created_at, 'epoch')::text as key,
           sum(impressions)::bigint as impressions, sum(interactions)::bigint as interactions
    from events group by 1, 2, 3
    union all
    select 'daily_analytics_stats', project_id, (created_at at time zone 'UTC')::date::text,
           sum(impressions)::bigint, sum(interactions)::bigint
    from events group by 1, 2, 3
),
kept as (
    select 'quarter_hour_stats' as rollup, project_id, bucket_at::text as key, impressions_count, interactions_count
    from quarter_hour_stats
    union all
    select 'daily_analytics_stats', project_id, date::text, impressions_count, interactions_count
    from daily_analytics_stats
)
select format('%s %s %s: counted %s + %s, kept %s + %s', rollup, project_id, key,
              counted.impressions, counted.interactions, kept.impressions_count, kept.interactions_count)
from counted full join kept using (rollup, project_id, key)
where (counted.impressions, counted.interactions)
      is distinct from (kept.impressions_count, kept.interactions_count)
limit 10
