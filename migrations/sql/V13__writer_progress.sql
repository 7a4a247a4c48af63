-- How far each writer has come, as it says itself, so that a report can tell how fresh it is. A row a running writer, renewed
-- once a second; the crate writer, `progress.rs`, has the rules.
--
-- A reader takes the rows reported within the last 10 seconds. The least complete_until of them holds for the whole: every event
-- received before it is visible. Where one of them says null, nothing is known; where there is no row, no writer reports.
create table writer_progress (
    -- Of one run of one process.
    writer_id         uuid primary key,
    -- By this server's clock, so that no other's has a say in who is alive.
    reported_at       timestamptz not null,
    -- Every event received before it, by the collector's clock, is visible, as far as this writer vouches. Null: not known yet.
    complete_until    timestamptz,
    -- Messages in the queue that nobody was handed yet, when last asked. Null: the queue could not be asked.
    waiting_messages  bigint,
    -- Receipt of the oldest event that it was handed and has not committed. Null: none.
    oldest_pending_at timestamptz,
    -- Its subscriptions to the queue. The broker counts all of them: who is not in this table vouches for nothing.
    consumers         integer not null default 0,
    -- How often another writer's deliveries went back to the queue while this one ran.
    returns           bigint not null default 0
);

grant select, insert, update, delete on writer_progress to footfall_write;
grant select on writer_progress to footfall_read;
