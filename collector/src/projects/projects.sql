-- What each project asks of the collector. $1 bigint: most projects. Reads all of them, in no order.
select project_id, allowed_origins, honour_gpc, honour_dnt
from projects
limit $1::bigint
