-- Share links: each opens the reports of some projects to whoever has it, until it expires or is revoked. And less for the
-- reader's role: of keys and shares it reads what it takes to ask for one.

-- A link's credential. As in api_keys, only the SHA-256 of its 256 random bits is kept.
create table shares (
    share_id      text collate "C" primary key
        constraint share_id_is_hex check (share_id ~ '^[0-9a-f]{12}$'),
    name          text not null,
    secret_sha256 bytea not null
        constraint secret_is_a_sha256 check (length(secret_sha256) = 32),
    -- The key on whose behalf it was made; null: the operator's. It never sees more than that key does, and ends with it.
    key_id        text collate "C" references api_keys on delete cascade,
    created_at    timestamptz not null default now(),
    -- Null: it does not expire.
    expires_at    timestamptz
        constraint expires_after_it_was_made check (expires_at > created_at),
    revoked_at    timestamptz
);

-- Those of a key that is deleted.
create index shares_key_id_idx on shares (key_id);

-- What a share sees: never every project.
create table share_projects (
    share_id   text collate "C" not null references shares on delete cascade,
    project_id text collate "C" not null references projects on delete cascade,
    primary key (share_id, project_id)
);

-- Names and dates are for operators. The reporter of the release before reads these columns of api_keys and no others.
revoke select on api_keys from footfall_read;
grant select (key_id, secret_sha256, all_projects, revoked_at) on api_keys to footfall_read;
grant select (share_id, secret_sha256, key_id, expires_at, revoked_at) on shares to footfall_read;
grant select on share_projects to footfall_read;
