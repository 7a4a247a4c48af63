-- Adds a key that sends to a project. $1 key id, $2 project, $3 name, $4 SHA-256 of its secret. Index: the primary key.
insert into ingest_keys (key_id, project_id, name, secret_sha256)
values ($1, $2, $3, $4)
