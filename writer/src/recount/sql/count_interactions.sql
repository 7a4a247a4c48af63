-- A project's interactions of a day, as in count_impressions.sql. A question is what was asked, null where nothing was.
-- Index: (project_id, event_type, created_at), or (created_at).
select
    grouping(bucket_at, event_label, question, visitor_id, session_id) as without,
    bucket_at, event_type::text as event_type, event_label, question, visitor_id, session_id,
    count(*) as events
from (
    select
        *,
        date_bin('15 minutes', created_at, 'epoch') as bucket_at,
        case when event_type = 'ask_question' then
            case when jsonb_typeof(event_data -> 'question') = 'string' then event_data ->> 'question' else '' end
        end as question
    from analytics_events
    where project_id = $1 and created_at >= $2 and created_at < $3
) as interactions
group by grouping sets (
    (bucket_at, event_type), (event_label, event_type), (question), (visitor_id), (session_id, event_type)
)
