-- ensure_partitions(first, last): makes each month partition that holds a day of first..last and does not exist yet, of
-- both raw tables; answers how many it made. Rows of that month already in the default partition are moved over.
create function ensure_partitions(first_day date, last_day date) returns integer
language plpgsql
as $$
declare
    parent text;
    month  date;
    child  text;
    made   integer := 0;
begin
    if last_day < first_day or last_day > first_day + interval '50 years' then
        raise exception 'ensure_partitions: % to % must be a range of at most 50 years', first_day, last_day;
    end if;
    -- One at a time: two runners would make the same partition.
    perform pg_advisory_xact_lock(hashtext('footfall.ensure_partitions'));
    foreach parent in array array['analytics_impressions', 'analytics_events'] loop
        month := date_trunc('month', first_day);
        while month <= last_day loop
            child := parent || to_char(month, '"_"YYYY"_"MM');
            if to_regclass(format('public.%I', child)) is null then
                perform make_month_partition(parent, child, month);
                made := made + 1;
            end if;
            month := month + interval '1 month';
        end loop;
    end loop;
    return made;
end
$$;

-- Makes one month's partition. Filled before it is attached, since Postgres refuses to attach a range that the default
-- partition still holds rows of. The months are UTC's.
create function make_month_partition(parent text, child text, month date) returns void
language plpgsql
as $$
declare
    default_child text := parent || '_default';
    from_at timestamptz := month::timestamp at time zone 'UTC';
    to_at   timestamptz := (month + interval '1 month')::timestamp at time zone 'UTC';
begin
    execute format('create table %I (like %I including defaults including constraints)', child, parent);
    execute format('lock table %I in access exclusive mode', default_child);
    execute format(
        'with moved as (delete from %I where created_at >= %L and created_at < %L returning *)'
        ' insert into %I select * from moved', default_child, from_at, to_at, child);
    execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, child, from_at, to_at);
end
$$;

revoke execute on function ensure_partitions, make_month_partition from public;
