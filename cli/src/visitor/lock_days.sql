-- Locks UTC days in the order that writers do. $1 projects, $2 starts of quarters, a pair a key. Index: the primary key.
select
from daily_analytics_stats
where (project_id, date) in (
    select project_id, (bucket_at at time zone 'UTC')::date
    from unnest($1::text[], $2::timestamptz[]) as erased (project_id, bucket_at)
)
order by project_id, date
for update
