-- What a key that was not revoked may see, and the hash that its secret must match. No row for any other key.
--   $1 text: the key's id
-- Reads api_keys_pkey, api_key_projects_pkey.
select
    secret_sha256,
    all_projects,
    array(select project_id from api_key_projects where key_id = $1 order by project_id) as project_ids
from api_keys
where key_id = $1
  and revoked_at is null
