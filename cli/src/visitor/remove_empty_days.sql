-- Removes UTC days on which nothing is left. $1 projects, $2 starts of quarters, a pair a key. Index: the primary key.
delete from daily_analytics_stats
where (project_id, date) in (
    select project_id, (bucket_at at time zone 'UTC')::date
    from unnest($1::text[], $2::timestamptz[]) as erased (project_id, bucket_at)
)
  and impressions_count = 0
  and interactions_count = 0
