-- Sets whether a project keeps the events of robots, and answers it. $1 its id, $2 boolean; null leaves it as it is.
-- Index: the primary key.
update projects
set keep_bots = coalesce($2::boolean, keep_bots)
where project_id = $1
returning project_id, name, created_at, retired_at, allowed_origins, honour_gpc, honour_dnt, keep_bots
