-- The ledger as V4__ledger.sql and V6__project_settings.sql made it, in a schema of its own. No parameters.
drop schema if exists before cascade;
create schema before;
create table before.ingest_ledger (
    envelope_id        uuid not null,
    project_id         text collate "C" not null,
    events_hash        bytea not null,
    stored_count       integer not null,
    quarantined_count  integer not null,
    received_at        timestamptz not null,
    committed_at       timestamptz not null default now(),
    dropped_count      integer not null default 0,
    primary key (envelope_id, project_id)
);
create index on before.ingest_ledger using brin (received_at);
