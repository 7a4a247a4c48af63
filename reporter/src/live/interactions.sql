-- The interactions since a moment ago that were stored last, the latest first.
--   $1 text[]: project ids, or null for every project
--   $2 timestamptz: since when
--   $3 bigint: most rows that are looked at, the latest
--   $4 bigint: most interactions
-- Transactions as in now.sql, and the same indexes.
with at as (
    select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next
),
interactions as materialized (
    select id, analytics_events.xmin::text::bigint as xmin_32, project_id, event_type, event_label, created_at
    from analytics_events
    where ($1::text[] is null or project_id = any ($1::text[]))
      and event_type = any (enum_range(null::event_type))
      and created_at >= $2::timestamptz
    order by created_at desc
    limit $3::bigint
)
select
    next - ((next - xmin_32) & 4294967295) as transaction,
    id,
    project_id,
    event_type::text as event_type,
    event_label,
    created_at
from interactions, at
order by transaction desc, id desc
limit $4::bigint
