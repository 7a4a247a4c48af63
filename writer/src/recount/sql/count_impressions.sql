-- A project's impressions of a day, counted by each of their properties in one scan: a row says by its bits in `without` which it
-- is not counted by. $1 text: project, $2 and $3 timestamptz: start and end. Index: (project_id, created_at).
select
    grouping(bucket_at, url, referrer, user_agent, geo_country, visitor_id, session_id) as without,
    bucket_at, url, referrer, user_agent, geo_country, geo_city, geo_lat, geo_lng, visitor_id, session_id,
    count(*) as events
from (
    select *, date_bin('15 minutes', created_at, 'epoch') as bucket_at
    from analytics_impressions
    where project_id = $1 and created_at >= $2 and created_at < $3
) as impressions
group by grouping sets (
    (bucket_at), (url), (referrer), (user_agent), (geo_country, geo_city, geo_lat, geo_lng), (visitor_id), (session_id)
)
