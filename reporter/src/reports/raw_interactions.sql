-- Raw interactions, those together that are the same in what is asked for; what is not asked for is null.
--   $1 text[]: project ids, or null for every project
--   $2 timestamptz: start of the range
--   $3 timestamptz: end of the range, excluded
--   $4, $5, $6 boolean: whether to tell type, label, question (where it is a text)
-- Counts on analytics_events' indexes on (project_id, event_type, created_at), or for every project on (created_at). Asked only
-- where it is known that the range has few rows. Every type is named for the sake of the first index.
select
    case when $4::boolean then event_type::text end as event_type,
    case when $5::boolean then event_label end as event_label,
    case when $6::boolean and jsonb_typeof(event_data -> 'question') = 'string' then event_data ->> 'question' end as question,
    count(*) as events
from analytics_events
where ($1::text[] is null or project_id = any ($1::text[]))
  and event_type = any (enum_range(null::event_type))
  and created_at >= $2::timestamptz
  and created_at < $3::timestamptz
group by 1, 2, 3
