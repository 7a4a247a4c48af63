-- Revokes a key of either kind, and answers since when it is; no row where there is none. $1 key id. One that was revoked keeps
-- its date. Indexes: the primary keys.
with reader as (
    update api_keys set revoked_at = coalesce(revoked_at, now()) where key_id = $1 returning revoked_at
),
ingest as (
    update ingest_keys set revoked_at = coalesce(revoked_at, now()) where key_id = $1 returning revoked_at
)
select revoked_at from reader
union all
select revoked_at from ingest
