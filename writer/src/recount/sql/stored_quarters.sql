-- A project's quarters of an hour of a day. $1 text: project, $2 and $3 timestamptz: start and end. Index: the primary key.
select * from quarter_hour_stats where project_id = $1 and bucket_at >= $2 and bucket_at < $3
