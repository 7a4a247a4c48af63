-- Every project, by id. No parameters. Index: the primary key.
select project_id, name, created_at, retired_at, allowed_origins, honour_gpc, honour_dnt, keep_bots
from projects
order by project_id
