-- The ledger by weeks of the time in the envelope's id, so that what it need not remember any longer is dropped and not deleted.
--
-- An id leads to one partition, whoever brings it, whenever: the bounds are ids themselves, so a retry meets its twin also where
-- the client's clock lies. Weeks follow each other without a gap; ids from before the first and after the last land in the two
-- edges, `ingest_ledger_early` and `ingest_ledger_late`. No default partition: rows are locked in the order of their ids, and that
-- must be the order of the partitions, too, or two writers could wait for each other in a circle.
--
-- Each step of the upkeep is a function and a transaction of its own and waits 30 ms at most for a lock, as in V8__retention.sql.

-- The lowest id of a moment: a UUIDv7 begins with its milliseconds since 1970.
create function ledger_bound(at timestamptz) returns uuid
language sql
immutable
strict
parallel safe
as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- The same of a day's start in UTC.
create function ledger_bound(day date) returns uuid
language sql
immutable
strict
parallel safe
as $$
    select ledger_bound(day::timestamp at time zone 'UTC')
$$;

alter table retention
    -- Days that the ledger remembers an envelope for, from its receipt; 0: for ever. What comes later than that from a queue can't
    -- be told from what was stored, and is kept in quarantine. Eight at least: clients try again for seven.
    add column ledger_days integer not null default 30
        constraint ledger_days_are_days check (ledger_days = 0 or ledger_days between 8 and 3650);

-- The oldest receipt that the ledger can judge; null: any.
create function ledger_kept_from() returns timestamptz
language sql
stable
security definer
set search_path = public, pg_temp
as $$
    select now() - make_interval(days => ledger_days) from retention where ledger_days > 0
$$;

-- Rows received before this may go; null: none. A day behind what is judged, so that no transaction that judges by an earlier
-- horizon misses a row.
create function ledger_pruned_to() returns timestamptz
language sql
stable
security definer
set search_path = public, pg_temp
as $$
    select ledger_kept_from() - interval '1 day'
$$;

alter table quarantine
    drop constraint reason_is_known,
    add constraint reason_is_known
        check (reason in ('unknown_project', 'undecodable', 'refused', 'id_reuse', 'too_old'));

-- The present table becomes the first week, a long one, without a row being copied: one scan sees that its ids lie within it.
-- Writers wait meanwhile.
lock table ingest_ledger in access exclusive mode;
alter table ingest_ledger rename to ingest_ledger_2024_01_01;
-- Who may write to the ledger writes to all of its weeks.
revoke all on ingest_ledger_2024_01_01 from footfall_write, footfall_read;
alter index ingest_ledger_pkey rename to ingest_ledger_2024_01_01_pkey;
alter index ingest_ledger_received_at_idx rename to ingest_ledger_2024_01_01_received_at_idx;

-- The columns of V4 and V6, those of fixed width first: 8 bytes a row less.
create table ingest_ledger (
    received_at        timestamptz not null,
    committed_at       timestamptz not null default now(),
    envelope_id        uuid not null,
    stored_count       integer not null,
    quarantined_count  integer not null,
    -- Events of the envelope that a rule dropped: neither stored nor in quarantine, and nothing else is kept of them.
    dropped_count      integer not null default 0,
    project_id         text collate "C" not null,
    -- First 16 bytes of the SHA-256 of the events: the same id with other events is no retry.
    events_hash        bytea not null,
    primary key (envelope_id, project_id)
) partition by range (envelope_id);

-- Finds the few rows of an expired week that came late.
create index ingest_ledger_received_at_idx on ingest_ledger using brin (received_at);

grant select, insert on ingest_ledger to footfall_write;
grant select on ingest_ledger to footfall_read;

-- Every week's partition by its name and owner, and where it ends: where the next begins. One that is not attached was detached
-- and not yet dropped.
create view ledger_weeks as
select partition, week, is_attached,
       coalesce(lead(week) over (partition by is_attached order by week), week + 7) as ends
from (
    select child.relname::text as partition,
           to_date(substring(child.relname from '_(\d{4}_\d\d_\d\d)$'), 'YYYY_MM_DD') as week,
           exists (select from pg_inherits where inhrelid = child.oid and inhparent = parent.oid) as is_attached
    from pg_class as parent
    join pg_class as child
        on child.relnamespace = parent.relnamespace
        and child.relowner = parent.relowner
        and child.relkind = 'r'
        and child.relname ~ '^ingest_ledger_\d{4}_\d\d_\d\d$'
    where parent.oid = 'ingest_ledger'::regclass
) as found;

do $$
declare
    first_day constant date := '2024-01-01';
    -- The Monday after today.
    next_week constant date := (date_trunc('week', now() at time zone 'UTC') + interval '7 days')::date;
    edge record;
begin
    execute format('create table ingest_ledger_early partition of ingest_ledger for values from (minvalue) to (%L)',
                   ledger_bound(first_day));
    execute format('create table ingest_ledger_late partition of ingest_ledger for values from (%L) to (maxvalue)',
                   ledger_bound(next_week));
    for edge in
        select * from (values
            ('ingest_ledger_early', '<', ledger_bound(first_day)),
            ('ingest_ledger_late', '>=', ledger_bound(next_week))
        ) as edges (partition, comparison, bound)
    loop
        execute format(
            'with moved as (delete from ingest_ledger_2024_01_01 where envelope_id %s %L returning *)
             insert into %I (envelope_id, project_id, events_hash, stored_count, quarantined_count, dropped_count,
                             received_at, committed_at)
             select envelope_id, project_id, events_hash, stored_count, quarantined_count, dropped_count,
                    received_at, committed_at
             from moved', edge.comparison, edge.bound, edge.partition);
    end loop;
    execute format('alter table ingest_ledger attach partition ingest_ledger_2024_01_01 for values from (%L) to (%L)',
                   ledger_bound(first_day), ledger_bound(next_week));
    -- So that there is a last week to count from.
    execute format('create table %I (like ingest_ledger including defaults including constraints including indexes)',
                   to_char(next_week, '"ingest_ledger_"YYYY"_"MM"_"DD'));
    execute format(
        'with moved as (delete from ingest_ledger_late where envelope_id < %L returning *) insert into %I select * from moved',
        ledger_bound(next_week + 7), to_char(next_week, '"ingest_ledger_"YYYY"_"MM"_"DD'));
    alter table ingest_ledger detach partition ingest_ledger_late;
    execute format('alter table ingest_ledger attach partition %I for values from (%L) to (%L)',
                   to_char(next_week, '"ingest_ledger_"YYYY"_"MM"_"DD'),
                   ledger_bound(next_week), ledger_bound(next_week + 7));
    execute format('alter table ingest_ledger attach partition ingest_ledger_late for values from (%L) to (maxvalue)',
                   ledger_bound(next_week + 7));
end
$$;

-- ledger_week_wanted(weeks_ahead): the next week to make, by its Monday; null where weeks_ahead of them are there already.
create function ledger_week_wanted(weeks_ahead integer) returns date
language sql
stable
security definer
set search_path = public, pg_temp
as $$
    select ends
    from ledger_weeks
    where is_attached
      and week = (select max(week) from ledger_weeks where is_attached)
      and ends <= (date_trunc('week', now() at time zone 'UTC') + make_interval(weeks => weeks_ahead))::date
$$;

-- make_ledger_week(monday, however_long): makes the week that follows the last one, and moves over what waits for it in the late
-- edge. Answers 'made', 'exists' where it is not the next one to make, or 'crowded': the late edge is so large, or holds so many
-- rows of the week, that writers would wait for long; with however_long they do.
--
-- The late edge is scanned under the lock that every writer feels, to see that it holds no row of the week: it has the ids of
-- clocks that are weeks ahead, and is kept small.
create function make_ledger_week(monday date, however_long boolean) returns text
language plpgsql
security definer
set search_path = public, pg_temp
set lock_timeout = '30ms'
as $$
declare
    -- Moved in a few tens of milliseconds.
    moved_rows_max constant bigint := 5000;
    -- Scanned in a few tens of milliseconds.
    edge_bytes_max constant bigint := 32 * 1024 * 1024;
    child   constant text := to_char(monday, '"ingest_ledger_"YYYY"_"MM"_"DD');
    from_id constant uuid := ledger_bound(monday);
    to_id   constant uuid := ledger_bound(monday + 7);
    waiting bigint;
begin
    if monday > now() + interval '1 year' or monday is distinct from
        (select max(ends) from ledger_weeks where is_attached) or to_regclass(format('public.%I', child)) is not null then
        return 'exists';
    end if;
    if not however_long then
        select count(*) into waiting
        from (select from ingest_ledger_late where envelope_id < to_id limit moved_rows_max + 1) as counted;
        if waiting > moved_rows_max or pg_relation_size('ingest_ledger_late') > edge_bytes_max then
            return 'crowded';
        end if;
    end if;
    execute format('create table %I (like ingest_ledger including defaults including constraints including indexes)', child);
    execute format('alter table %I add constraint in_week check (envelope_id >= %L and envelope_id < %L)',
                   child, from_id, to_id);
    lock table only ingest_ledger in access exclusive mode;
    lock table ingest_ledger_late in access exclusive mode;
    alter table ingest_ledger detach partition ingest_ledger_late;
    execute format(
        'with moved as (delete from ingest_ledger_late where envelope_id < %L returning *) insert into %I select * from moved',
        to_id, child);
    execute format('alter table ingest_ledger attach partition %I for values from (%L) to (%L)', child, from_id, to_id);
    execute format('alter table ingest_ledger attach partition ingest_ledger_late for values from (%L) to (maxvalue)', to_id);
    execute format('alter table %I drop constraint in_week', child);
    return 'made';
end
$$;

-- ledger_weeks_expired(): weeks that ended before what must be remembered, the oldest first, and what was detached before. The
-- last week is none: the next is counted from it.
create function ledger_weeks_expired() returns table (partition text)
language sql
stable
security definer
set search_path = public, pg_temp
as $$
    select partition
    from ledger_weeks
    where not is_attached
       or (ends::timestamp at time zone 'UTC' <= ledger_pruned_to()
           and week < (select max(week) from ledger_weeks where is_attached))
    order by week
$$;

-- expire_ledger_week(partition, step, however_long): one step towards the end of the oldest week; answers 'taken', 'nothing', or
-- 'crowded': so many of its rows came lately, from clocks that are slow by so much, that the week stays until there are fewer.
--   promise: the early edge may reach to the week's end. Locks the edge for a moment.
--   prove:   sees that no row of it is beyond. Keeps nobody waiting.
--   detach:  takes the week out; rows that must be remembered move to the early edge, which then covers the week's ids, too.
--            Waits for the lock that every writer feels, and holds it while at most 5,000 rows move. No scan: the edge's bound is
--            proven, and an index leads to the rows.
--   drop:    drops what was detached. Locks nothing else.
create function expire_ledger_week(week_table text, step text, however_long boolean) returns text
language plpgsql
security definer
set search_path = public, pg_temp
set lock_timeout = '30ms'
set enable_seqscan = off
as $$
declare
    -- Moved in a few tens of milliseconds.
    moved_rows_max constant bigint := 5000;
    pruned_to constant timestamptz := ledger_pruned_to();
    expired record;
    to_id   uuid;
    promise text;
    late    bigint;
begin
    select * into expired from ledger_weeks where partition = week_table and is_attached = (step <> 'drop');
    if not found then
        return 'nothing';
    end if;
    -- What is detached has expired already: it is dropped whatever was set since.
    if step = 'drop' then
        execute format('drop table %I', week_table);
        return 'taken';
    end if;
    if pruned_to is null or expired.ends::timestamp at time zone 'UTC' > pruned_to
        or expired.week <> (select min(week) from ledger_weeks where is_attached)
        or expired.week = (select max(week) from ledger_weeks where is_attached) then
        return 'nothing';
    end if;
    to_id := ledger_bound(expired.ends);
    promise := to_char(expired.ends, '"before_"YYYY"_"MM"_"DD');
    if step in ('promise', 'detach') then
        perform from pg_constraint where conrelid = 'ingest_ledger_early'::regclass and conname = promise
            and (convalidated or step = 'promise');
        if found <> (step = 'detach') then
            return case step when 'promise' then 'taken' else 'nothing' end;
        end if;
    end if;
    case step
        when 'promise' then
            execute format('alter table ingest_ledger_early add constraint %I check (envelope_id < %L) not valid',
                           promise, to_id);
        when 'prove' then
            execute format('alter table ingest_ledger_early validate constraint %I', promise);
            perform brin_summarize_new_values(indexrelid)
            from pg_index join pg_class on pg_class.oid = indexrelid
            where indrelid = week_table::regclass and relam = (select oid from pg_am where amname = 'brin');
        when 'detach' then
            if not however_long then
                execute format('select count(*) from (select from %I where received_at >= $1 limit $2) as counted', week_table)
                    into late using pruned_to, moved_rows_max + 1;
                if late > moved_rows_max then
                    return 'crowded';
                end if;
            end if;
            lock table only ingest_ledger in access exclusive mode;
            execute format('lock table %I in access exclusive mode', week_table);
            lock table ingest_ledger_early in access exclusive mode;
            execute format('alter table ingest_ledger detach partition %I', week_table);
            alter table ingest_ledger detach partition ingest_ledger_early;
            execute format(
                'insert into ingest_ledger_early
                     (envelope_id, project_id, events_hash, stored_count, quarantined_count, dropped_count,
                      received_at, committed_at)
                 select envelope_id, project_id, events_hash, stored_count, quarantined_count, dropped_count,
                        received_at, committed_at
                 from %I where received_at >= $1', week_table) using pruned_to;
            execute format('alter table ingest_ledger attach partition ingest_ledger_early for values from (minvalue) to (%L)',
                           to_id);
            execute format('alter table ingest_ledger_early drop constraint %I', promise);
        else
            return 'nothing';
    end case;
    return 'taken';
end
$$;

-- expire_ledger_rows(rows_max): deletes what expired in the two edges, at most rows_max rows of each. Answers how many of the one
-- that had more; fewer than rows_max means that nothing is left.
create function expire_ledger_rows(rows_max integer) returns bigint
language plpgsql
security definer
set search_path = public, pg_temp
set lock_timeout = '30ms'
as $$
declare
    edge    text;
    deleted bigint;
    most    bigint := 0;
begin
    foreach edge in array array['ingest_ledger_early', 'ingest_ledger_late'] loop
        execute format('delete from %I where ctid = any (array(select ctid from %I where received_at < $1 limit $2))', edge, edge)
            using ledger_pruned_to(), rows_max;
        get diagnostics deleted = row_count;
        most := greatest(most, deleted);
    end loop;
    return most;
end
$$;

-- ledger_weeks_ahead(): weeks after the present one that have a partition.
create function ledger_weeks_ahead() returns integer
language sql
stable
security definer
set search_path = public, pg_temp
as $$
    select coalesce(max(ends) - (date_trunc('week', now() at time zone 'UTC') + interval '7 days')::date, 0) / 7
    from ledger_weeks
    where is_attached
$$;

revoke execute on function
    ledger_bound(timestamptz), ledger_bound(date), ledger_kept_from, ledger_pruned_to, ledger_week_wanted, make_ledger_week,
    ledger_weeks_expired, expire_ledger_week, expire_ledger_rows, ledger_weeks_ahead
    from public;
grant execute on function
    ledger_kept_from, ledger_pruned_to, ledger_week_wanted, make_ledger_week, ledger_weeks_expired, expire_ledger_week,
    expire_ledger_rows, ledger_weeks_ahead
    to footfall_write;
grant select on ledger_weeks to footfall_write;

-- A month ahead at once: the writers of the release before make none.
do $$
declare
    week date;
begin
    loop
        week := ledger_week_wanted(4);
        exit when week is null;
        perform make_ledger_week(week, true);
    end loop;
end
$$;
