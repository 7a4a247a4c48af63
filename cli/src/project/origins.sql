-- Sets the origins that may send to a project, and answers it. $1 its id, $2 text[]: the origins, empty for any, or null to
-- leave them. Index: the primary key.
update projects
set allowed_origins = coalesce($2::text[], allowed_origins)
where project_id = $1
returning project_id, name, created_at, retired_at, allowed_origins, honour_gpc, honour_dnt, keep_bots
