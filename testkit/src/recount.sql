-- Keys at which a rollup differs from a recount of what it adds up, at most ten, in words. No parameters; scans all rows.
with events as (
    select project_id, created_at, 1 as impressions, 0 as interactions from analytics_impressions
    union all
    select project_id, created_at, 0, 1 from analytics_events
),
-- Every rollup and every recount in one shape.
counted as (
    select 'quarter_hour_stats' as rollup, project_id, date_bin('15 minutes', created_at, 'epoch')::text as key,
           format('%s + %s', sum(impressions), sum(interactions)) as counts
    from events group by 1, 2, 3
    union all
    select 'daily_analytics_stats', project_id, (created_at at time zone 'UTC')::date::text,
           format('%s + %s', sum(impressions), sum(interactions))
    from events group by 1, 2, 3
    union all
    select 'daily_dropped_stats', project_id, (received_at at time zone 'UTC')::date::text, sum(dropped_count)::text
    from ingest_ledger where dropped_count > 0 group by 1, 2, 3
),
kept as (
    select 'quarter_hour_stats' as rollup, project_id, bucket_at::text as key,
           format('%s + %s', impressions_count, interactions_count) as counts
    from quarter_hour_stats
    union all
    select 'daily_analytics_stats', project_id, date::text, format('%s + %s', impressions_count, interactions_count)
    from daily_analytics_stats
    union all
    -- The ledger knows no reasons.
    select 'daily_dropped_stats', project_id, date::text, sum(dropped_count)::text
    from daily_dropped_stats group by 1, 2, 3
)
select format('%s %s %s: counted %s, kept %s', rollup, project_id, key, counted.counts, kept.counts)
from counted full join kept using (rollup, project_id, key)
where counted.counts is distinct from kept.counts
limit 10
