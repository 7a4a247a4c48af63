-- What a project asks of the collector: whose pages may send, which signals of a browser are honoured, who may send from
-- a server; and how many events its rules dropped.

-- The longest of some texts, in characters; 0 for none. A check can't look into an array by itself.
create function longest_text(texts text[]) returns integer
language sql
immutable
as $$
    select coalesce(max(char_length(entry)), 0) from unnest(texts) as entry
$$;

alter table projects
    -- Origins of the pages that may send, as https://example.com or https://*.example.com; empty: any page, and none.
    add column allowed_origins text[] not null default '{}'
        constraint allowed_origins_are_a_short_list check (
            cardinality(allowed_origins) <= 50
            and coalesce(array_ndims(allowed_origins), 1) = 1
            and array_position(allowed_origins, null) is null
            and longest_text(allowed_origins) <= 255
        ),
    -- Whether events of browsers that send Sec-GPC: 1 are dropped.
    add column honour_gpc boolean not null default true,
    -- Whether events of browsers that send DNT: 1 are dropped.
    add column honour_dnt boolean not null default false;

-- A project's credential for sending from a server, where a sender may state address, user agent and time. As in
-- api_keys, only the SHA-256 of its 256 random bits is kept.
create table ingest_keys (
    key_id        text collate "C" primary key
        constraint key_id_is_hex check (key_id ~ '^[0-9a-f]{12}$'),
    project_id    text collate "C" not null references projects on delete cascade,
    name          text not null,
    secret_sha256 bytea not null
        constraint secret_is_a_sha256 check (length(secret_sha256) = 32),
    created_at    timestamptz not null default now(),
    revoked_at    timestamptz
);

-- One project's keys.
create index ingest_keys_project_id_idx on ingest_keys (project_id);

-- Which state of projects and ingest_keys this is: collectors keep a copy, and ask only for this number while it stays.
-- A row and no sequence: a number that is seen stands for changes that are seen.
create table projects_version (
    is_only boolean primary key default true
        constraint one_row check (is_only),
    version bigint not null
);

insert into projects_version (version) values (1);

-- Runs as the tables' owner, so that who may change a project needs no right on the number.
create function raise_projects_version() returns trigger
language plpgsql
security definer
set search_path = public, pg_temp
as $$
begin
    update projects_version set version = version + 1;
    return null;
end
$$;

revoke execute on function raise_projects_version from public;

create trigger raise_projects_version
    after insert or update or delete or truncate on projects
    for each statement execute function raise_projects_version();

create trigger raise_projects_version
    after insert or update or delete or truncate on ingest_keys
    for each statement execute function raise_projects_version();

-- Events of the envelope that a rule dropped: neither stored nor in quarantine, and nothing else is kept of them.
alter table ingest_ledger
    add column dropped_count integer not null default 0;

-- Events that a project's rules dropped, by UTC day of receipt. No foreign key to projects, as in ingest_ledger: a
-- collector that has no list of projects yet drops, too, and a count can't be put in quarantine.
create table daily_dropped_stats (
    project_id    text collate "C" not null,
    date          date not null,
    reason        text collate "C" not null
        constraint reason_is_known check (reason in ('gpc', 'dnt')),
    dropped_count bigint not null default 0,
    primary key (project_id, date, reason)
);

-- All projects over a range.
create index daily_dropped_stats_date_idx on daily_dropped_stats (date);

-- The collector reads what its copy holds, and writes nothing anywhere.
grant select (project_id, allowed_origins, honour_gpc, honour_dnt) on projects to footfall_collect;
grant select (key_id, project_id, secret_sha256, revoked_at) on ingest_keys to footfall_collect;
grant select (version) on projects_version to footfall_collect;
grant select, insert, update on daily_dropped_stats to footfall_write;
grant select on daily_dropped_stats to footfall_read;
