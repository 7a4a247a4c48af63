-- Revokes a share link, and answers since when it is; no row where there is none. $1 share id. One that was revoked keeps its date.
-- Index: the primary key.
update shares
set revoked_at = coalesce(revoked_at, now())
where share_id = $1
returning revoked_at
