-- Adds a batch's counts to the quarters of an hour. $1 projects, $2 starts, $3 impressions, $4 interactions; one entry
-- a key. Sorted, as in claim.sql. Index: the primary key.
insert into quarter_hour_stats as stats (project_id, bucket_at, impressions_count, interactions_count)
select *
from unnest($1::text[], $2::timestamptz[], $3::bigint[], $4::bigint[])
    as added (project_id, bucket_at, impressions_count, interactions_count)
order by project_id, bucket_at
on conflict (project_id, bucket_at) do update
set impressions_count  = stats.impressions_count + excluded.impressions_count,
    interactions_count = stats.interactions_count + excluded.interactions_count
