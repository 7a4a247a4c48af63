-- How much there is to see since a moment ago, and which transactions' interactions were to be seen.
--   $1 text[]: project ids, or null for every project
--   $2 timestamptz: since when
--   $3 bigint: most rows of each table that are looked at, the latest
-- A row's transaction is its xmin, widened to 64 bits from the snapshot's end, past which no visible row can lie; that of a
-- savepoint is a number of its own, later than the one it belongs to. No row of a transaction before oldest_running can become
-- visible later.
-- Counts on (project_id, created_at) of analytics_impressions, (project_id, event_type, created_at) of analytics_events, or for
-- every project on (created_at) of both.
with at as (
    select
        pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest_running,
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next
),
impressions as materialized (
    select visitor_id, session_id
    from analytics_impressions
    where ($1::text[] is null or project_id = any ($1::text[]))
      and created_at >= $2::timestamptz
    order by created_at desc
    limit $3::bigint
),
interactions as materialized (
    select visitor_id, session_id, analytics_events.xmin::text::bigint as xmin_32
    from analytics_events
    where ($1::text[] is null or project_id = any ($1::text[]))
      and event_type = any (enum_range(null::event_type))
      and created_at >= $2::timestamptz
    order by created_at desc
    limit $3::bigint
),
events as (
    select visitor_id, session_id from impressions
    union all
    select visitor_id, session_id from interactions
),
transactions as (
    select distinct next - ((next - xmin_32) & 4294967295) as transaction
    from interactions, at
)
select
    (select count(*) from impressions) as impressions,
    (select count(*) from interactions) as interactions,
    (select count(distinct visitor_id) from events) as visitors,
    (select count(distinct session_id) from events) as sessions,
    oldest_running,
    next,
    array(select transaction from transactions where transaction >= oldest_running) as ended
from at
