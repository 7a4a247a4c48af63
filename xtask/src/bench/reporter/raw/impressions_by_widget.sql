-- Impressions by widget, of the raw rows.
-- $1 the first local day, $2 the last, $3 the time zone. Index: (created_at).
select project_id, count(*)
from analytics_impressions
where created_at >= $1::date::timestamp at time zone $3::text
  and created_at < ($2::date + 1)::timestamp at time zone $3::text
group by project_id
