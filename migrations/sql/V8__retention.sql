-- Month partitions made ahead and dropped when they expire, in steps that never keep a writer waiting for long.
--
-- Each step is a function and a transaction of its own, and waits at most 30 ms for a lock: while it waits, whoever comes
-- after waits behind it. Where the lock is not to be had, the step fails with 55P03 and changes nothing; the caller tries
-- again later. The functions run as the tables' owner, so that the writer can have exactly these rights and no others.

-- How long what is kept. One row, and no setting of a process: two processes can't disagree, and who may call the functions
-- below can't make them drop more than stands here.
create table retention (
    is_only       boolean primary key default true
        constraint one_row check (is_only),
    -- Whole months of raw rows; 0: for ever.
    raw_months    integer not null default 24
        constraint raw_months_are_months check (raw_months between 0 and 1200),
    -- Whole months of rollups; 0: for ever.
    rollup_months integer not null default 0
        constraint rollup_months_are_months check (rollup_months between 0 and 1200),
    -- A report over raw rows must not reach further back than one over their rollups.
    constraint rollups_outlive_raw_rows
        check (rollup_months = 0 or (raw_months > 0 and rollup_months >= raw_months))
);

insert into retention default values;

-- First day of the oldest month whose raw rows are kept; null: all are. A month expires when it ended raw_months ago.
create function raw_kept_from() returns date
language sql
stable
security definer
set search_path = public, pg_temp
as $$
    select date_trunc('month', now() at time zone 'UTC' - make_interval(months => raw_months))::date
    from retention where raw_months > 0
$$;

-- The same of rollups.
create function rollups_kept_from() returns date
language sql
stable
security definer
set search_path = public, pg_temp
as $$
    select date_trunc('month', now() at time zone 'UTC' - make_interval(months => rollup_months))::date
    from retention where rollup_months > 0
$$;

-- Every month's partition of both raw tables, by its name and owner; one that is not attached was detached and not yet dropped,
-- or somebody detached it to keep it.
create view month_partitions as
select parent.relname::text as parent,
       child.relname::text as partition,
       -- Null for other names: a filter on the month may be asked before the one on the name.
       to_date(substring(child.relname from '_(\d{4}_(?:0[1-9]|1[0-2]))$'), 'YYYY_MM') as month,
       exists (select from pg_inherits where inhrelid = child.oid and inhparent = parent.oid) as is_attached
from pg_class as parent
join pg_class as child
    on child.relnamespace = parent.relnamespace
    and child.relowner = parent.relowner
    and child.relkind = 'r'
    and child.relname ~ ('^' || parent.relname || '_\d{4}_(0[1-9]|1[0-2])$')
where parent.oid in ('analytics_impressions'::regclass, 'analytics_events'::regclass);

-- months_wanted(months_ahead): months without a partition that should have one: from last month, since an event may be a
-- week old when it comes, to months_ahead; and those of rows that wait in a default partition, unless they have expired.
create function months_wanted(months_ahead integer) returns table (parent text, month date)
language sql
stable
security definer
set search_path = public, pg_temp
as $$
    with bounds as (
        select (date_trunc('month', now() at time zone 'UTC') - interval '1 month')::date as first_month,
               (date_trunc('month', now() at time zone 'UTC') + make_interval(months => months_ahead))::date as last_month,
               greatest(raw_kept_from(), '1970-01-01') as kept_from
    ),
    wanted as (
        select raw.parent, day::date as month
        from bounds, generate_series(first_month, last_month, interval '1 month') as day,
             (values ('analytics_impressions'), ('analytics_events')) as raw (parent)
        union
        select 'analytics_impressions', date_trunc('month', created_at at time zone 'UTC')::date
        from analytics_impressions_default
        union
        select 'analytics_events', date_trunc('month', created_at at time zone 'UTC')::date
        from analytics_events_default
    )
    select wanted.parent, wanted.month
    from wanted, bounds
    where wanted.month between kept_from and last_month
      and not exists (
          select from month_partitions as made where made.parent = wanted.parent and made.month = wanted.month
      )
    order by wanted.month, wanted.parent
$$;

-- make_month(parent, day, however_long): makes the partition of the day's month, and moves that month's rows over from the
-- default partition. Answers 'made', 'exists', or 'crowded': the default partition is so large, or holds so many rows of the
-- month, that late rows would wait for long; with however_long they do.
--
-- Table, constraint and indexes are made before any lock that others feel. Under it, the constraint spares a scan of the new
-- partition; the default one is scanned, so it is kept small. The locks come in the order of how many feel them.
create function make_month(parent_table text, day date, however_long boolean) returns text
language plpgsql
security definer
set search_path = public, pg_temp
set lock_timeout = '30ms'
as $$
declare
    -- Moved in a few tens of milliseconds.
    moved_rows_max    constant bigint := 5000;
    -- Scanned in a few tens of milliseconds.
    default_bytes_max constant bigint := 32 * 1024 * 1024;
    month         constant date := date_trunc('month', day)::date;
    child         constant text := parent_table || to_char(month, '"_"YYYY"_"MM');
    default_child constant text := parent_table || '_default';
    from_at       constant timestamptz := month::timestamp at time zone 'UTC';
    to_at         constant timestamptz := (month + interval '1 month')::timestamp at time zone 'UTC';
    waiting bigint;
begin
    if parent_table not in ('analytics_impressions', 'analytics_events') then
        raise exception 'make_month: % is no raw table', parent_table;
    end if;
    if month not between '1970-01-01' and now() + interval '1 year' then
        raise exception 'make_month: % is no month to make', month;
    end if;
    if to_regclass(format('public.%I', child)) is not null then
        return 'exists';
    end if;
    if not however_long then
        execute format(
            'select count(*) from (select from %I where created_at >= $1 and created_at < $2 limit $3) as counted',
            default_child) into waiting using from_at, to_at, moved_rows_max + 1;
        if waiting > moved_rows_max or pg_relation_size(default_child::regclass) > default_bytes_max then
            return 'crowded';
        end if;
    end if;
    execute format('create table %I (like %I including defaults including constraints including indexes)',
                   child, parent_table);
    execute format('alter table %I add constraint in_month check (created_at >= %L and created_at < %L)',
                   child, from_at, to_at);
    lock table projects in share row exclusive mode;
    execute format('lock table only %I in share update exclusive mode', parent_table);
    execute format('lock table %I in access exclusive mode', default_child);
    execute format(
        'with moved as (delete from %I where created_at >= %L and created_at < %L returning *)'
        ' insert into %I select * from moved', default_child, from_at, to_at, child);
    execute format('alter table %I attach partition %I for values from (%L) to (%L)',
                   parent_table, child, from_at, to_at);
    execute format('alter table %I drop constraint in_month', child);
    return 'made';
end
$$;

-- expire_partition(partition, step): one step towards the end of a month that has expired; answers whether it took it.
--   empty:  frees the space. Locks that one partition, which nobody writes to.
--   detach: takes it, now empty, out of its table. Waits for the lock that every writer feels, and holds it for a moment: with
--           a default partition Postgres detaches in no other way. A late row that came since goes with it.
--   free:   takes the foreign key away from what was detached: the lock on projects, which every writer feels, for no longer.
--   drop:   drops what was detached and freed. Locks nothing else.
-- What holds rows though it is detached was detached by somebody to keep it: it is left alone.
create function expire_partition(partition_table text, step text) returns boolean
language plpgsql
security definer
set search_path = public, pg_temp
set lock_timeout = '30ms'
as $$
declare
    expired  record;
    has_rows boolean;
    foreign_key name;
begin
    select * into expired from month_partitions
    where partition = partition_table and month < raw_kept_from() and is_attached = (step in ('empty', 'detach'));
    if not found then
        return false;
    end if;
    if step in ('free', 'drop') then
        execute format('select exists (select from %I)', partition_table) into has_rows;
        if has_rows then
            return false;
        end if;
    end if;
    select conname into foreign_key from pg_constraint where conrelid = partition_table::regclass and contype = 'f';
    case step
        when 'empty' then
            execute format('truncate table only %I', partition_table);
        when 'detach' then
            lock table projects in share row exclusive mode;
            execute format('lock table %I in access exclusive mode', partition_table);
            execute format('lock table %I in access exclusive mode', expired.parent || '_default');
            execute format('lock table only %I in access exclusive mode', expired.parent);
            execute format('alter table %I detach partition %I', expired.parent, partition_table);
            execute format('select exists (select from %I)', partition_table) into has_rows;
            if has_rows then
                execute format('truncate table only %I', partition_table);
            end if;
        when 'free' then
            if foreign_key is null then
                return false;
            end if;
            lock table projects in access exclusive mode;
            execute format('alter table %I drop constraint %I', partition_table, foreign_key);
        when 'drop' then
            if foreign_key is not null then
                return false;
            end if;
            execute format('drop table %I', partition_table);
    end case;
    return true;
end
$$;

-- expire_rows(rows_max): deletes what expired outside of month partitions, at most rows_max rows of a table: raw rows in the
-- default partitions, and rollups. Answers how many; fewer than rows_max means that nothing is left.
create function expire_rows(rows_max integer) returns bigint
language plpgsql
security definer
set search_path = public, pg_temp
set lock_timeout = '30ms'
as $$
declare
    target  record;
    deleted bigint;
    most    bigint := 0;
begin
    for target in
        select * from (values
            ('analytics_impressions_default', 'created_at', raw_kept_from()),
            ('analytics_events_default', 'created_at', raw_kept_from()),
            ('quarter_hour_stats', 'bucket_at', rollups_kept_from()),
            ('daily_analytics_stats', 'date', rollups_kept_from()),
            ('daily_dropped_stats', 'date', rollups_kept_from())
        ) as targets (name, key, kept_from) where kept_from is not null
    loop
        execute format(
            'delete from %I where ctid = any (array(select ctid from %I where %I < %s limit $1))',
            target.name, target.name, target.key,
            case target.key when 'date' then format('%L::date', target.kept_from)
            else format('%L::timestamptz', target.kept_from::timestamp at time zone 'UTC') end)
            using rows_max;
        get diagnostics deleted = row_count;
        most := greatest(most, deleted);
    end loop;
    return most;
end
$$;

-- partitions_ahead(): whole months after the present one that both raw tables have a partition for, without a gap.
create function partitions_ahead() returns integer
language sql
stable
security definer
set search_path = public, pg_temp
as $$
    with present as (select date_trunc('month', now() at time zone 'UTC') as month),
    made as (
        select made.month, row_number() over (order by made.month) as place
        from month_partitions as made, present
        where made.is_attached and made.month > present.month
        group by made.month
        having count(*) = 2
    )
    select count(*)::integer
    from made, present
    where made.month = (present.month + make_interval(months => place::integer))::date
$$;

-- default_partition_rows(rows_max): rows that wait in the default partitions, counted up to rows_max of each.
create function default_partition_rows(rows_max integer) returns bigint
language sql
stable
security definer
set search_path = public, pg_temp
as $$
    select (select count(*) from (select from analytics_impressions_default limit rows_max) as counted)
         + (select count(*) from (select from analytics_events_default limit rows_max) as counted)
$$;

revoke execute on function
    raw_kept_from, rollups_kept_from, months_wanted, make_month, expire_partition, expire_rows, partitions_ahead,
    default_partition_rows
    from public;
grant execute on function
    raw_kept_from, rollups_kept_from, months_wanted, make_month, expire_partition, expire_rows, partitions_ahead,
    default_partition_rows
    to footfall_write;
grant select on retention, month_partitions to footfall_write;

-- Partitions belong to the tables' owner, whoever has them made.
alter function ensure_partitions(date, date) security definer set search_path = public, pg_temp;
