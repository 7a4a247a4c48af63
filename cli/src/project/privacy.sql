-- Sets which signals a project honours, and answers it. $1 its id, $2 Sec-GPC, $3 DNT; null leaves one as it is.
-- Index: the primary key.
update projects
set honour_gpc = coalesce($2::boolean, honour_gpc),
    honour_dnt = coalesce($3::boolean, honour_dnt)
where project_id = $1
returning project_id, name, created_at, retired_at, allowed_origins, honour_gpc, honour_dnt, keep_bots
