-- Retires a project, or takes it back, and answers it. $1 its id, $2 boolean: take it back. One that is retired keeps its date.
-- Index: the primary key.
update projects
set retired_at = case when $2::boolean then null else coalesce(retired_at, now()) end
where project_id = $1
returning project_id, name, created_at, retired_at, allowed_origins, honour_gpc, honour_dnt, keep_bots
