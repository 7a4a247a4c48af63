-- Impressions by place, the busiest first; rows without a place make one place of nulls.
--   $1 text[]: project ids, or null for every project
--   $2 timestamptz: start of the period
--   $3 timestamptz: end of the period, excluded
--   $4 bigint: most places to list
-- Counts on analytics_impressions' indexes on (project_id, created_at), or for every project on (created_at). Scans the
-- period's raw rows: there is no rollup by place yet.
select
    geo_country as country,
    geo_city as city,
    geo_lat as lat,
    geo_lng as lng,
    count(*) as impressions
from analytics_impressions
where ($1::text[] is null or project_id = any ($1::text[]))
  and created_at >= $2::timestamptz
  and created_at < $3::timestamptz
group by geo_country, geo_city, geo_lat, geo_lng
order by impressions desc, geo_country, geo_city, geo_lat, geo_lng
limit $4::bigint
