-- Adds a project; no row where there is one of this id. $1 id, $2 name. Index: the primary key.
insert into projects (project_id, name)
values ($1, $2)
on conflict (project_id) do nothing
returning project_id, name, created_at, retired_at, allowed_origins, honour_gpc, honour_dnt, keep_bots
