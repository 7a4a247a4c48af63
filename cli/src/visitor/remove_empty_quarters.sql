-- Removes quarters of an hour in which nothing is left, as if nothing had been. $1 projects, $2 starts, a pair a key. Index: the
-- primary key.
delete from quarter_hour_stats
where (project_id, bucket_at) in (select * from unnest($1::text[], $2::timestamptz[]))
  and impressions_count = 0
  and interactions_count = 0
