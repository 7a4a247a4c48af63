-- Adds a batch's counts to the UTC days. $1 projects, $2 dates, $3 impressions, $4 interactions; one entry a key.
-- Sorted, as in claim.sql. Index: the primary key.
insert into daily_analytics_stats as stats (project_id, date, impressions_count, interactions_count)
select *
from unnest($1::text[], $2::date[], $3::bigint[], $4::bigint[])
    as added (project_id, date, impressions_count, interactions_count)
order by project_id, date
on conflict (project_id, date) do update
set impressions_count  = stats.impressions_count + excluded.impressions_count,
    interactions_count = stats.interactions_count + excluded.interactions_count
