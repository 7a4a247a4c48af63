-- Every event with what can be asked of it, by rules written down a second time: the reports' and the writer's are not used.
create view recounted as
select
    project_id, created_at, visitor_id, session_id,
    null as event_type, null as label, null as question,
    coalesce(geo_country, '') as country,
    coalesce(geo_city, '') as city,
    concat_ws('|', coalesce(geo_country, '-'), coalesce(geo_city, '-'), coalesce((geo_lat + 0.0)::text, '-'),
              coalesce((geo_lng + 0.0)::text, '-')) as place,
    regexp_replace(regexp_replace(url, '[?#].*$', ''), '^[a-z]+://', '') as page,
    lower(coalesce(substring(referrer from '^[a-z]+://([^/:?#]+)'), '')) as referrer,
    case when user_agent like '%Firefox%' then 'desktop' when user_agent like '%iPhone%' then 'mobile' else 'other' end as device,
    case when user_agent like '%Firefox%' then 'Firefox' when user_agent like '%iPhone%' then 'Mobile Safari' else 'Other' end as browser
from analytics_impressions
union all
select
    project_id, created_at, visitor_id, session_id,
    event_type::text, coalesce(event_label, ''),
    case jsonb_typeof(event_data -> 'question') when 'string' then event_data ->> 'question' else '' end,
    null, null, null, null, null, null, null
from analytics_events;
