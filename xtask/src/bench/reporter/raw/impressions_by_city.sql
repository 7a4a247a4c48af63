-- Impressions by city, of the raw rows.
-- $1 the first local day, $2 the last, $3 the time zone. Index: (created_at).
select geo_country, geo_city, count(*)
from analytics_impressions
where created_at >= $1::date::timestamp at time zone $3::text
  and created_at < ($2::date + 1)::timestamp at time zone $3::text
group by geo_country, geo_city
