-- Adds a reader's key with the projects that it sees. $1 key id, $2 name, $3 SHA-256 of its secret, $4 whether it sees all,
-- $5 text[]: the projects. Indexes: the primary keys.
with added as (
    insert into api_keys (key_id, name, secret_sha256, all_projects)
    values ($1, $2, $3, $4)
    returning key_id
)
insert into api_key_projects (key_id, project_id)
select distinct added.key_id, project_id
from added, unnest($5::text[]) as asked (project_id)
