-- One project. $1 its id. Index: the primary key.
select project_id, name, created_at, retired_at, allowed_origins, honour_gpc, honour_dnt, keep_bots
from projects
where project_id = $1
