-- What each project that is not retired asks of the collector. $1 bigint: most projects. Reads all of them, in no order.
select project_id, allowed_origins, honour_gpc, honour_dnt
from projects
where retired_at is null
limit $1::bigint
