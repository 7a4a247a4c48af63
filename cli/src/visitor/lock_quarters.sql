-- Locks quarters of an hour in the order that writers do. $1 projects, $2 starts, a pair a key. Index: the primary key.
select
from quarter_hour_stats
join unnest($1::text[], $2::timestamptz[]) as erased (project_id, bucket_at) using (project_id, bucket_at)
order by quarter_hour_stats.project_id, quarter_hour_stats.bucket_at
for update of quarter_hour_stats
