-- The secret keys of projects that were not revoked. $1 bigint: most keys. Reads all of them, in no order.
select key_id, project_id, secret_sha256
from ingest_keys
where revoked_at is null
limit $1::bigint
