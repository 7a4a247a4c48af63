-- What was stored, once, and what could not be.

-- One row an envelope that reached us, in the same transaction as its rows: whoever comes again meets it.
-- No foreign key to projects: an envelope of an unknown project is remembered too.
create table ingest_ledger (
    envelope_id        uuid not null,
    project_id         text collate "C" not null,
    -- First 16 bytes of the SHA-256 of the events: the same id with other events is no retry.
    events_hash        bytea not null,
    stored_count       integer not null,
    quarantined_count  integer not null,
    received_at        timestamptz not null,
    committed_at       timestamptz not null default now(),
    primary key (envelope_id, project_id)
);

-- For pruning by age; rows arrive in time order, so a few pages of BRIN do.
create index ingest_ledger_received_at_idx on ingest_ledger using brin (received_at);

-- What was accepted and could not be stored, with the reason and the bytes to try again.
create table quarantine (
    quarantine_id  bigint generated always as identity primary key,
    -- SHA-256 over what makes this entry itself: a redelivery meets it instead of adding a second one.
    fingerprint    bytea not null unique,
    reason         text not null
        constraint reason_is_known check (reason in ('unknown_project', 'undecodable', 'refused', 'id_reuse')),
    -- Postgres's or the decoder's own words.
    detail         text not null,
    -- Null where the message could not be read.
    envelope_id    uuid,
    project_id     text collate "C",
    event_index    integer,
    -- A queue message that carries this event alone, or, where it could not be read, the message as it came.
    payload        bytea not null,
    received_at    timestamptz,
    quarantined_at timestamptz not null default now()
);

create index quarantine_envelope_id_idx on quarantine (envelope_id);

-- A batch that stored nothing must still write something before its deliveries are acknowledged: only a commit that
-- writes waits for the standby, and with it for every commit before. One row, touched by such batches only.
create table writer_heartbeat (
    is_only boolean primary key default true
        constraint one_row check (is_only),
    beat_at timestamptz not null
);

grant select, insert on ingest_ledger to footfall_write;
grant select, insert on quarantine to footfall_write;
grant select, insert, update on writer_heartbeat to footfall_write;
grant select on ingest_ledger to footfall_read;
grant select (quarantine_id, reason, detail, envelope_id, project_id, event_index, received_at, quarantined_at)
    on quarantine to footfall_read;

-- The projects among those named that exist, held against deletion until the transaction ends: the batch's own check
-- of its foreign keys. Runs as the tables' owner, since a row lock takes a right that the writer should not have.
create function lock_projects(project_ids text[]) returns setof text
language sql
security definer
set search_path = public, pg_temp
as $$
    select project_id from projects where project_id = any (project_ids) order by project_id for key share
$$;

revoke execute on function lock_projects from public;
grant execute on function lock_projects to footfall_write;
