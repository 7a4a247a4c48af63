-- Who is counted, and who may look.

-- A widget. Its id is public: it stands in the script tag of the pages that embed it.
create table projects (
    project_id text collate "C" primary key
        constraint project_id_is_a_slug check (project_id ~ '^[a-z0-9_-]{1,64}$'),
    name       text not null,
    created_at timestamptz not null default now()
);

-- A reader's credential. Only the SHA-256 of its 256 random bits is kept: what can't be guessed needs no slow hash.
create table api_keys (
    key_id        text collate "C" primary key
        constraint key_id_is_hex check (key_id ~ '^[0-9a-f]{12}$'),
    name          text not null,
    secret_sha256 bytea not null
        constraint secret_is_a_sha256 check (length(secret_sha256) = 32),
    all_projects  boolean not null default false,
    created_at    timestamptz not null default now(),
    revoked_at    timestamptz
);

-- What a key sees, unless it sees all.
create table api_key_projects (
    key_id     text collate "C" not null references api_keys on delete cascade,
    project_id text collate "C" not null references projects on delete cascade,
    primary key (key_id, project_id)
);

grant select on projects to footfall_write;
grant select on projects, api_keys, api_key_projects to footfall_read;
