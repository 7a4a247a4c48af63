-- Finer rollups: interactions by type a quarter of an hour; places, pages, referrers, devices, browsers and labels a day; sketches
-- of a day's visitors and sessions.
--
-- Writers append what a batch adds up to (rollup_deltas) and touch nothing else; one of them folds what was appended into the
-- tables that are read, every few seconds. Readers add both, by the views below: together they equal a recount of the raw rows at
-- every commit.

-- Interactions of each type. Writers of the release before leave these as they are; `footfall rebuild` makes up for it.
alter table quarter_hour_stats
    add column click_bubble_count     bigint not null default 0,
    add column open_chat_count        bigint not null default 0,
    add column ask_question_count     bigint not null default 0,
    add column click_suggestion_count bigint not null default 0,
    add column submit_form_count      bigint not null default 0,
    add column click_contact_count    bigint not null default 0;

-- Events a project, UTC day and value of a dimension. Only fold_deltas and a rebuild write here, one at a time.
-- Dimensions: 1 place, 2 page, 3 referrer's host, 4 device, 5 browser count impressions; 6 label counts interactions.
-- An empty value: the event has none. A place is a JSON array: country, city, latitude, longitude, each null where unknown.
-- No foreign key: where there is a row, daily_dimension_stats has one, which has it; a check a value would cost as much as the row.
create table daily_value_stats (
    project_id   text collate "C" not null,
    date         date not null,
    dimension    smallint not null,
    value        text collate "C" not null,
    events_count bigint not null,
    -- One dimension over a range of days.
    primary key (project_id, dimension, date, value)
) with (
    -- An updated count stays in its page: no index is touched.
    fillfactor = 80
);

-- For what expires; rows come in order of their days.
create index daily_value_stats_date_idx on daily_value_stats using brin (date);

-- What is not named above. At most 1,000 values of a project, day and dimension have a row there; the others are one number here.
create table daily_dimension_stats (
    project_id   text collate "C" not null references projects (project_id),
    date         date not null,
    dimension    smallint not null,
    -- Rows in daily_value_stats.
    named_count  integer not null default 0,
    -- Events whose value has no row there.
    other_count  bigint not null default 0,
    primary key (project_id, date, dimension)
);

-- Who came on a UTC day, as sketches that can be merged over days and projects: Apache DataSketches HLL, lgK 12.
create table daily_visitor_sketches (
    project_id text collate "C" not null references projects (project_id),
    date       date not null,
    visitors   bytea not null,
    sessions   bytea not null,
    primary key (project_id, date)
);

-- What batches added and nobody has folded yet: a row a batch, project and day. The arrays are parallel.
create table rollup_deltas (
    delta_id   bigint generated always as identity,
    project_id text collate "C" not null references projects (project_id),
    date       date not null,
    dimensions smallint[] not null,
    "values"   text[] not null,
    counts     integer[] not null,
    -- Null where no event told of one.
    visitors   bytea,
    sessions   bytea
) with (
    -- Rows live for seconds; what they leave behind is to be used again soon.
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 5000, autovacuum_analyze_scale_factor = 0,
    toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 5000,
    toast.autovacuum_vacuum_cost_delay = 0, toast.autovacuum_vacuum_insert_threshold = -1
);

-- One project's, and the order in which they are folded.
create index rollup_deltas_project_id_date_idx on rollup_deltas (project_id, date);

-- Sketches do not shrink, and what lives for seconds is not worth the work.
alter table daily_visitor_sketches alter column visitors set storage external, alter column sessions set storage external;
alter table rollup_deltas alter column visitors set storage external, alter column sessions set storage external;
do $$
begin
    alter table rollup_deltas alter column "values" set compression lz4;
exception when feature_not_supported then
    -- A server built without it; Postgres's own way costs more than the bytes.
    alter table rollup_deltas alter column "values" set storage external;
end
$$;

-- Every count by value, folded or not; a value may have several rows. A null value: what is not named.
create view daily_values as
select project_id, date, dimension, value, events_count
from daily_value_stats
union all
select project_id, date, dimension, null, other_count
from daily_dimension_stats
where other_count <> 0
union all
select project_id, date, added.dimension, added.value collate "C", added.count
from rollup_deltas, unnest(dimensions, "values", counts) as added (dimension, value, count);

-- Every sketch, folded or not; a project and day may have several rows. Null: nobody told of one.
create view daily_visitors as
select project_id, date, visitors, sessions
from daily_visitor_sketches
union all
select project_id, date, visitors, sessions
from rollup_deltas
where visitors is not null or sessions is not null;

-- fold_deltas(rows_max): takes at most rows_max deltas away, those of one project and day next to each other, and adds their
-- counts to the tables that are read. Answers the sketches of what it took, for the caller to merge in the same transaction.
--
-- One at a time: where another folds or rebuilds, nothing is done and no row answered. A value that has a row keeps it. Of new
-- ones the most frequent get a row while there is room; where a project, day and dimension has 1,000, what comes is `other`.
create function fold_deltas(rows_max integer) returns table (
    project_id text, date date, visitors bytea[], sessions bytea[], deltas bigint, named bigint, other bigint
)
language plpgsql
security definer
set search_path = public, pg_temp
-- A step's keys are sorted in memory; and compiling the statement takes longer than it.
set work_mem = '32MB'
set jit = off
as $$
#variable_conflict use_column
declare
    -- "FOLD" in ASCII.
    lock_key   constant bigint := 1179601988;
    values_max constant integer := 1000;
begin
    if not pg_try_advisory_xact_lock(lock_key) then
        return;
    end if;
    return query
    with gone as (
        delete from rollup_deltas
        where ctid = any (array(
            select ctid from rollup_deltas order by project_id, date limit rows_max
        ))
        returning *
    ),
    added as (
        select gone.project_id, gone.date, one.dimension, one.value collate "C" as value, sum(one.count) as events_count
        from gone, unnest(gone.dimensions, gone."values", gone.counts) as one (dimension, value, count)
        group by 1, 2, 3, 4
    ),
    -- A look-up a key, whatever the planner believes: it can't turn this into a join that scans the table.
    known as materialized (
        select added.*,
               (select named.ctid from daily_value_stats as named
                where named.project_id = added.project_id and named.dimension = added.dimension
                  and named.date = added.date and named.value = added.value limit 1) as named_at
        from added
    ),
    by_name as (
        update daily_value_stats as stats
        set events_count = stats.events_count + known.events_count
        from known
        where stats.ctid = known.named_at
    ),
    fresh as materialized (
        select known.*,
               values_max - coalesce((
                   select told.named_count from daily_dimension_stats as told
                   where told.project_id = known.project_id and told.date = known.date
                     and told.dimension = known.dimension limit 1
               ), 0) as rows_left
        from known where known.named_at is null
    ),
    placed as materialized (
        select fresh.*,
               row_number() over (
                   partition by fresh.project_id, fresh.date, fresh.dimension
                   -- Where nothing is left, nobody asks who comes first.
                   order by case when fresh.rows_left > 0 then -fresh.events_count end,
                            case when fresh.rows_left > 0 then fresh.value end
               ) <= fresh.rows_left as has_room
        from fresh
    ),
    by_value as (
        insert into daily_value_stats (project_id, date, dimension, value, events_count)
        select placed.project_id, placed.date, placed.dimension, placed.value, placed.events_count
        from placed where placed.has_room
        order by 1, 3, 2, 4
    ),
    -- Most folds name nothing and leave nothing over.
    told as (
        select placed.project_id, placed.date, placed.dimension,
               count(*) filter (where placed.has_room) as named,
               count(*) filter (where not placed.has_room) as other,
               coalesce(sum(placed.events_count) filter (where not placed.has_room), 0) as other_count
        from placed
        group by 1, 2, 3
    ),
    by_dimension as (
        insert into daily_dimension_stats as stats (project_id, date, dimension, named_count, other_count)
        select told.project_id, told.date, told.dimension, told.named, told.other_count
        from told
        order by 1, 2, 3
        on conflict (project_id, date, dimension) do update
        set named_count = stats.named_count + excluded.named_count,
            other_count = stats.other_count + excluded.other_count
    )
    select gone.project_id, gone.date,
           array_agg(gone.visitors) filter (where gone.visitors is not null),
           array_agg(gone.sessions) filter (where gone.sessions is not null),
           count(*),
           coalesce((select sum(told.named) from told
                     where told.project_id = gone.project_id and told.date = gone.date), 0)::bigint,
           coalesce((select sum(told.other) from told
                     where told.project_id = gone.project_id and told.date = gone.date), 0)::bigint
    from gone
    group by 1, 2
    order by 1, 2;
end
$$;

-- As in V8__retention.sql, and the tables of this migration besides.
create or replace function expire_rows(rows_max integer) returns bigint
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
            ('daily_dropped_stats', 'date', rollups_kept_from()),
            ('daily_value_stats', 'date', rollups_kept_from()),
            ('daily_dimension_stats', 'date', rollups_kept_from()),
            ('daily_visitor_sketches', 'date', rollups_kept_from())
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

revoke execute on function fold_deltas from public;
grant execute on function fold_deltas to footfall_write;
grant insert on rollup_deltas to footfall_write;
grant select, insert, update on daily_visitor_sketches to footfall_write;
grant select on daily_value_stats, daily_dimension_stats, daily_visitor_sketches, rollup_deltas, daily_values, daily_visitors
    to footfall_read;
