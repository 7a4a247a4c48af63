-- Raw impressions, those together that are the same in what is asked for; what is not asked for is null.
--   $1 text[]: project ids, or null for every project
--   $2 timestamptz: start of the range
--   $3 timestamptz: end of the range, excluded
--   $4, $5, $6, $7 boolean: whether to tell place, URL, referrer, user agent
-- Counts on analytics_impressions' indexes on (project_id, created_at), or for every project on (created_at). Asked only where
-- it is known that the range has few rows.
select
    case when $4::boolean then geo_country end as geo_country,
    case when $4::boolean then geo_city end as geo_city,
    case when $4::boolean then geo_lat end as geo_lat,
    case when $4::boolean then geo_lng end as geo_lng,
    case when $5::boolean then url end as url,
    case when $6::boolean then referrer end as referrer,
    case when $7::boolean then user_agent end as user_agent,
    count(*) as events
from analytics_impressions
where ($1::text[] is null or project_id = any ($1::text[]))
  and created_at >= $2::timestamptz
  and created_at < $3::timestamptz
group by 1, 2, 3, 4, 5, 6, 7
