-- Visitors' sessions by project, and what was done in them.
--   $1 text[]: project ids, or null for every project
--   $2 timestamptz: start of the range
--   $3 timestamptz: end of the range, excluded
-- Counts on both raw tables' indexes with created_at. Asked only where it is known that the range has few rows.
select
    project_id,
    visitor_id,
    session_id,
    count(*) as events,
    bool_or(event_type is not distinct from 'open_chat') as opened,
    bool_or(event_type is not distinct from 'ask_question') as asked,
    bool_or(event_type is not distinct from 'submit_form') as submitted
from (
    select project_id, visitor_id, session_id, null::event_type as event_type
    from analytics_impressions
    where ($1::text[] is null or project_id = any ($1::text[]))
      and created_at >= $2::timestamptz
      and created_at < $3::timestamptz
    union all
    select project_id, visitor_id, session_id, event_type
    from analytics_events
    where ($1::text[] is null or project_id = any ($1::text[]))
      and event_type = any (enum_range(null::event_type))
      and created_at >= $2::timestamptz
      and created_at < $3::timestamptz
) as events
group by project_id, visitor_id, session_id
