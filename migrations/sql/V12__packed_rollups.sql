-- Rollups that a dashboard over many projects and days can add up in milliseconds.
--
-- Levels: a row whose project is '' counts every project together. Packing: what is not written any longer moves, in the
-- background, from a row a key to a row a day with arrays. Both are the work of the one that folds, under its lock; writers'
-- transactions are what they were.
--
-- A count stands in one place at a time, so readers add what is packed and what is not: together they equal a recount of the raw
-- rows at every commit.

-- Nobody folds, and nobody rebuilds, while the folded rows are added up below; what writers append meanwhile waits for the fold.
-- "FOLD" in ASCII. Locks that writers feel come last.
select pg_advisory_xact_lock(1179601988);

-- Every place that a packed row tells of. Rows are never changed, so a reader may keep them.
create table places (
    place_id integer generated always as identity primary key,
    -- Parts of `place`, null where unknown.
    country  text,
    city     text,
    lat      double precision,
    lng      double precision,
    -- The value of dimension 1, as in daily_value_stats.
    place    text collate "C" not null unique
);

-- Counts a project and UTC day, an element a quarter of an hour: what was moved out of quarter_hour_stats, where what comes late
-- makes a row again. Project '': the sum of all that was moved.
create table packed_quarters (
    project_id       text collate "C" not null,
    date             date not null,
    impressions      bigint[] not null,
    interactions     bigint[] not null,
    click_bubble     bigint[] not null,
    open_chat        bigint[] not null,
    ask_question     bigint[] not null,
    click_suggestion bigint[] not null,
    submit_form      bigint[] not null,
    click_contact    bigint[] not null,
    primary key (project_id, date),
    constraint quarters_of_a_day check (96 = all (array[
        cardinality(impressions), cardinality(interactions), cardinality(click_bubble), cardinality(open_chat),
        cardinality(ask_question), cardinality(click_suggestion), cardinality(submit_form), cardinality(click_contact)
    ]))
) with (
    -- A day's counts, compressed, stay in the row: a reader of many days makes no detours.
    toast_tuple_target = 4096
);

-- Events a project, dimension and UTC day, an element a value: what was moved out of daily_value_stats for days that are over. A
-- value may be there, too. Dimensions from 2 on; the arrays are parallel, the values sorted and different.
create table packed_values (
    project_id text collate "C" not null,
    dimension  smallint not null,
    date       date not null,
    "values"   text[] not null,
    counts     bigint[] not null,
    primary key (project_id, dimension, date),
    constraint values_have_counts check (cardinality("values") = cardinality(counts))
);

-- The same of dimension 1, with places by their numbers.
create table packed_places (
    project_id text collate "C" not null,
    date       date not null,
    place_ids  integer[] not null,
    counts     bigint[] not null,
    primary key (project_id, date),
    constraint places_have_counts
        check (cardinality(place_ids) = cardinality(counts) and array_position(place_ids, null) is null)
);

-- For what expires, as in daily_value_stats.
create index packed_quarters_date_idx on packed_quarters using brin (date);
create index packed_values_date_idx on packed_values using brin (date);
create index packed_places_date_idx on packed_places using brin (date);

do $$
begin
    alter table packed_values alter column "values" set compression lz4, alter column counts set compression lz4;
    alter table packed_places alter column place_ids set compression lz4, alter column counts set compression lz4;
    alter table packed_quarters
        alter column impressions set compression lz4, alter column interactions set compression lz4,
        alter column click_bubble set compression lz4, alter column open_chat set compression lz4,
        alter column ask_question set compression lz4, alter column click_suggestion set compression lz4,
        alter column submit_form set compression lz4, alter column click_contact set compression lz4;
exception when feature_not_supported then
    -- A server built without it packs them in Postgres's own way.
    null;
end
$$;

-- Every project's counts of a range of days: the totals of widgets. Rows come in order of their days, and updates leave it alone.
create index daily_analytics_stats_date_idx on daily_analytics_stats (date);

-- Days whose rows of '' are not whole, until the one that folds has made them anew. SQL can't merge sketches; the projects' own
-- stand for that of '' until then.
create table unlevelled_days (
    date       date primary key,
    -- Whether its counts are to be made anew as well: a rebuild left them as they were.
    counts_too boolean not null default false
);

-- level_values(day): makes the values of '' anew from those of the projects: at most 5,000 a dimension, the most frequent. Answers
-- how many are named and the events of the others, which are the caller's to keep in daily_dimension_stats.
create function level_values(day date) returns table (dimension smallint, named bigint, other bigint)
language plpgsql
set search_path = public, pg_temp
set work_mem = '32MB'
set jit = off
as $$
#variable_conflict use_column
declare
    values_max constant integer := 5000;
begin
    delete from daily_value_stats as gone
    using daily_dimension_stats as told
    where told.project_id = '' and told.date = day
      and gone.project_id = '' and gone.dimension = told.dimension and gone.date = day;
    delete from packed_values as gone
    using daily_dimension_stats as told
    where told.project_id = '' and told.date = day
      and gone.project_id = '' and gone.dimension = told.dimension and gone.date = day;
    delete from packed_places where project_id = '' and date = day;
    return query
    with told as materialized (
        -- A look-up a project: no index leads to a day.
        select told.project_id, told.dimension, told.other_count
        from projects
        join daily_dimension_stats as told on told.project_id = projects.project_id and told.date = day
    ),
    folded as (
        select stats.dimension, stats.value, stats.events_count
        from told
        join daily_value_stats as stats
            on stats.project_id = told.project_id and stats.dimension = told.dimension and stats.date = day
        union all
        select kept.dimension, one.value, one.count
        from told
        join packed_values as kept
            on kept.project_id = told.project_id and kept.dimension = told.dimension and kept.date = day,
             unnest(kept."values", kept.counts) as one (value, count)
        union all
        select told.dimension, places.place, one.count
        from told
        join packed_places as kept on told.dimension = 1 and kept.project_id = told.project_id and kept.date = day,
             unnest(kept.place_ids, kept.counts) as one (place_id, count)
        join places on places.place_id = one.place_id
    ),
    ranked as materialized (
        select folded.dimension, folded.value collate "C" as value, sum(folded.events_count)::bigint as events_count,
               row_number() over (
                   partition by folded.dimension order by sum(folded.events_count) desc, folded.value collate "C"
               ) <= values_max as has_room
        from folded
        group by folded.dimension, folded.value collate "C"
    ),
    by_value as (
        insert into daily_value_stats (project_id, date, dimension, value, events_count)
        select '', day, ranked.dimension, ranked.value, ranked.events_count
        from ranked where ranked.has_room
        order by 3, 4
    ),
    others as (
        select told.dimension, sum(told.other_count) as other from told group by 1
    )
    select others.dimension, count(ranked.value) filter (where ranked.has_room),
           (others.other + coalesce(sum(ranked.events_count) filter (where not ranked.has_room), 0))::bigint
    from others left join ranked on ranked.dimension = others.dimension
    group by others.dimension, others.other;
end
$$;

-- What was folded before there was a level of '': every value is read and sorted, 5 s a million rows of daily_value_stats.
-- Only folding waits.
create table level_of_before as
select day.date, of_day.dimension, of_day.named, of_day.other
from (select distinct date from daily_dimension_stats) as day, level_values(day.date) as of_day;

insert into unlevelled_days (date) select distinct date from daily_visitor_sketches;

-- Sessions with an open_chat, an ask_question, a submit_form; null: none, or of before.
alter table daily_visitor_sketches
    add column opened bytea, add column asked bytea, add column submitted bytea,
    alter column opened set storage external, alter column asked set storage external,
    alter column submitted set storage external,
    -- Rows of '' belong to no project. daily_analytics_stats has a row wherever there is one of a project, and refers to it.
    drop constraint daily_visitor_sketches_project_id_fkey;
alter table daily_dimension_stats drop constraint daily_dimension_stats_project_id_fkey;
insert into daily_dimension_stats (project_id, date, dimension, named_count, other_count)
select '', date, dimension, named, other from level_of_before;
drop table level_of_before;
alter table rollup_deltas
    add column opened bytea, add column asked bytea, add column submitted bytea,
    alter column opened set storage external, alter column asked set storage external,
    alter column submitted set storage external;

-- Every quarter of an hour of every project in which something happened, packed or not.
create view quarter_hours as
select project_id, bucket_at,
       sum(impressions)::bigint as impressions_count,
       sum(interactions)::bigint as interactions_count,
       sum(click_bubble)::bigint as click_bubble_count,
       sum(open_chat)::bigint as open_chat_count,
       sum(ask_question)::bigint as ask_question_count,
       sum(click_suggestion)::bigint as click_suggestion_count,
       sum(submit_form)::bigint as submit_form_count,
       sum(click_contact)::bigint as click_contact_count
from (
    select project_id, bucket_at, impressions_count, interactions_count, click_bubble_count, open_chat_count,
           ask_question_count, click_suggestion_count, submit_form_count, click_contact_count
    from quarter_hour_stats
    union all
    select project_id, date::timestamp at time zone 'UTC' + (quarter.number - 1) * interval '15 minutes',
           quarter.impressions, quarter.interactions, quarter.click_bubble, quarter.open_chat, quarter.ask_question,
           quarter.click_suggestion, quarter.submit_form, quarter.click_contact
    from packed_quarters,
         unnest(impressions, interactions, click_bubble, open_chat, ask_question, click_suggestion, submit_form, click_contact)
             with ordinality as quarter (
                 impressions, interactions, click_bubble, open_chat, ask_question, click_suggestion, submit_form,
                 click_contact, number
             )
    where project_id <> ''
) as every_quarter (
    project_id, bucket_at, impressions, interactions, click_bubble, open_chat, ask_question, click_suggestion, submit_form,
    click_contact
)
group by project_id, bucket_at
having sum(impressions) <> 0 or sum(interactions) <> 0 or sum(click_bubble) <> 0 or sum(open_chat) <> 0
    or sum(ask_question) <> 0 or sum(click_suggestion) <> 0 or sum(submit_form) <> 0 or sum(click_contact) <> 0;

-- Every count by value: folded or not, packed or not; a value may have several rows. A null value: what is not named.
-- Rows of '' count what the projects' rows count, without what is not folded yet: ask for one or the other.
create or replace view daily_values as
select project_id, date, dimension, value, events_count
from daily_value_stats
union all
select project_id, date, dimension, null, other_count
from daily_dimension_stats
where other_count <> 0
union all
select project_id, date, packed_values.dimension, packed.value collate "C", packed.count
from packed_values, unnest("values", counts) as packed (value, count)
union all
select project_id, date, 1::smallint, place, packed.count
from packed_places, unnest(place_ids, counts) as packed (place_id, count)
join places using (place_id)
union all
select project_id, date, added.dimension, added.value collate "C", added.count
from rollup_deltas, unnest(dimensions, "values", counts) as added (dimension, value, count);

-- Every sketch, folded or not; a project and day may have several rows. Null: nobody told of one. Rows of '' as in daily_values.
create or replace view daily_visitors as
select project_id, date, visitors, sessions, opened, asked, submitted
from daily_visitor_sketches
where project_id <> '' or not exists (
    select from unlevelled_days where unlevelled_days.date = daily_visitor_sketches.date
)
union all
select ''::text collate "C", date, visitors, sessions, opened, asked, submitted
from daily_visitor_sketches
join unlevelled_days using (date)
where project_id <> ''
union all
select project_id, date, visitors, sessions, opened, asked, submitted
from rollup_deltas
where visitors is not null or sessions is not null;

-- Two days' quarters of an hour, added up.
create function added_up(counts bigint[], others bigint[]) returns bigint[]
language sql
immutable
strict
parallel safe
as $$
    select array_agg(one.a + one.b order by one.number)
    from unnest(counts, others) with ordinality as one (a, b, number)
$$;

-- A part of a place: 0 country, 1 city, 2 latitude, 3 longitude; null where it has none, or is no JSON.
create function place_part(place text, part integer) returns text
language plpgsql
immutable
strict
as $$
begin
    return place::json ->> part;
exception when data_exception then
    return null;
end
$$;

-- fold_rollups(rows_max): takes at most rows_max deltas away, those of one project and day next to each other, and adds their
-- counts to the tables that are read: to their project's rows, and to those of ''. Answers the sketches of what it took, for
-- the caller to merge in the same transaction, and for '' a row without any.
--
-- One at a time: where another folds, packs or rebuilds, nothing is done and no row answered. A value that has a row keeps it,
-- also when that was packed. Of new ones the most frequent get a row while there is room; where a project, day and dimension has
-- 1,000, or '' 5,000, what comes is `other`.
create function fold_rollups(rows_max integer) returns table (
    project_id text, date date, visitors bytea[], sessions bytea[], opened bytea[], asked bytea[], submitted bytea[],
    deltas bigint, named bigint, other bigint
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
    lock_key         constant bigint := 1179601988;
    values_max       constant integer := 1000;
    every_values_max constant integer := 5000;
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
    by_project as materialized (
        select gone.project_id, gone.date, one.dimension, one.value collate "C" as value, sum(one.count) as events_count
        from gone, unnest(gone.dimensions, gone."values", gone.counts) as one (dimension, value, count)
        group by 1, 2, 3, 4
    ),
    added as (
        select by_project.* from by_project
        union all
        select '', by_project.date, by_project.dimension, by_project.value, sum(by_project.events_count)
        from by_project
        group by 2, 3, 4
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
    -- What came late meets days that were packed.
    packed as materialized (
        select unnamed.project_id, unnamed.date, unnamed.dimension, kept.value collate "C" as value
        from (
            select distinct known.project_id, known.date, known.dimension from known where known.named_at is null
        ) as unnamed,
        lateral (
            select unnest(of_day."values")
            from packed_values as of_day
            where of_day.project_id = unnamed.project_id and of_day.dimension = unnamed.dimension
              and of_day.date = unnamed.date
            union all
            select (select places.place from places where places.place_id = one.place_id)
            from packed_places as of_day, unnest(of_day.place_ids) as one (place_id)
            where unnamed.dimension = 1 and of_day.project_id = unnamed.project_id and of_day.date = unnamed.date
        ) as kept (value)
    ),
    fresh as materialized (
        select known.*,
               (known.project_id, known.date, known.dimension, known.value) in (
                   select packed.project_id, packed.date, packed.dimension, packed.value from packed
               ) as is_packed,
               case known.project_id when '' then every_values_max else values_max end - coalesce((
                   select told.named_count from daily_dimension_stats as told
                   where told.project_id = known.project_id and told.date = known.date
                     and told.dimension = known.dimension limit 1
               ), 0) as rows_left
        from known where known.named_at is null
    ),
    placed as materialized (
        select fresh.*,
               fresh.is_packed or row_number() over (
                   partition by fresh.project_id, fresh.date, fresh.dimension, fresh.is_packed
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
               count(*) filter (where placed.has_room and not placed.is_packed) as named,
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
    ),
    taken as (
        select gone.project_id, gone.date,
               array_agg(gone.visitors) filter (where gone.visitors is not null) as visitors,
               array_agg(gone.sessions) filter (where gone.sessions is not null) as sessions,
               array_agg(gone.opened) filter (where gone.opened is not null) as opened,
               array_agg(gone.asked) filter (where gone.asked is not null) as asked,
               array_agg(gone.submitted) filter (where gone.submitted is not null) as submitted,
               count(*) as deltas
        from gone
        group by 1, 2
        union all
        select '', gone.date, null, null, null, null, null, 0
        from gone
        group by 2
    )
    select taken.*,
           coalesce((select sum(told.named) from told
                     where told.project_id = taken.project_id and told.date = taken.date), 0)::bigint,
           coalesce((select sum(told.other) from told
                     where told.project_id = taken.project_id and told.date = taken.date), 0)::bigint
    from taken
    order by 1, 2;
end
$$;

-- That of V10 would leave '' short. Writers of the release before, who call it, find nothing to fold: as where another is at it.
create or replace function fold_deltas(rows_max integer) returns table (
    project_id text, date date, visitors bytea[], sessions bytea[], deltas bigint, named bigint, other bigint
)
language sql
stable
set search_path = public, pg_temp
as $$
    select null::text, null::date, null::bytea[], null::bytea[], null::bigint, null::bigint, null::bigint where false
$$;

-- pack_quarters(rows_max): moves at most rows_max quarters of an hour that began more than 30 minutes ago into packed_quarters:
-- each to its project's row and to that of ''. Answers how many; none where another folds, packs or rebuilds.
--
-- A row that a writer is about to add to is left for the next time. One that comes late is moved then, too. What a writer holds is
-- waited for 50 ms at most, and then left: the wait in a circle ends here before Postgres looks for one.
create function pack_quarters(rows_max integer) returns bigint
language plpgsql
security definer
set search_path = public, pg_temp
set jit = off
-- `skip locked` skips the row it finds; one updated meanwhile is followed to where it stands now, and there Postgres waits.
set lock_timeout = '50ms'
as $$
declare
    -- "FOLD" in ASCII.
    lock_key constant bigint := 1179601988;
    moved    bigint;
begin
    if not pg_try_advisory_xact_lock(lock_key) then
        return 0;
    end if;
    with gone as (
        delete from quarter_hour_stats
        where ctid = any (array(
            select ctid from quarter_hour_stats
            where bucket_at < now() - interval '30 minutes'
            order by bucket_at
            limit rows_max
            for update skip locked
        ))
        returning *, (bucket_at at time zone 'UTC')::date as date,
                  (extract(hour from bucket_at at time zone 'UTC') * 4
                   + floor(extract(minute from bucket_at at time zone 'UTC') / 15))::integer as number
    ),
    by_level as (
        select coalesce(project_id, '') as project_id, date, number,
               sum(impressions_count)::bigint as impressions, sum(interactions_count)::bigint as interactions,
               sum(click_bubble_count)::bigint as click_bubble, sum(open_chat_count)::bigint as open_chat,
               sum(ask_question_count)::bigint as ask_question,
               sum(click_suggestion_count)::bigint as click_suggestion,
               sum(submit_form_count)::bigint as submit_form, sum(click_contact_count)::bigint as click_contact
        from gone
        group by grouping sets ((project_id, date, number), (date, number))
    ),
    days as (
        select project_id, date,
               array_agg(coalesce(impressions, 0) order by number) as impressions,
               array_agg(coalesce(interactions, 0) order by number) as interactions,
               array_agg(coalesce(click_bubble, 0) order by number) as click_bubble,
               array_agg(coalesce(open_chat, 0) order by number) as open_chat,
               array_agg(coalesce(ask_question, 0) order by number) as ask_question,
               array_agg(coalesce(click_suggestion, 0) order by number) as click_suggestion,
               array_agg(coalesce(submit_form, 0) order by number) as submit_form,
               array_agg(coalesce(click_contact, 0) order by number) as click_contact
        from (select distinct project_id, date from by_level) as touched
        cross join generate_series(0, 95) as number
        left join by_level using (project_id, date, number)
        group by project_id, date
    ),
    kept as (
        insert into packed_quarters as kept
        select * from days
        on conflict (project_id, date) do update
        set impressions      = added_up(kept.impressions, excluded.impressions),
            interactions     = added_up(kept.interactions, excluded.interactions),
            click_bubble     = added_up(kept.click_bubble, excluded.click_bubble),
            open_chat        = added_up(kept.open_chat, excluded.open_chat),
            ask_question     = added_up(kept.ask_question, excluded.ask_question),
            click_suggestion = added_up(kept.click_suggestion, excluded.click_suggestion),
            submit_form      = added_up(kept.submit_form, excluded.submit_form),
            click_contact    = added_up(kept.click_contact, excluded.click_contact)
    )
    select count(*) into moved from gone;
    return moved;
exception when lock_not_available then
    -- Nothing was moved; the next time will do.
    return 0;
end
$$;

-- pack_values(rows_max): moves the values of days that are over into packed_values and packed_places, those of a project,
-- dimension and day together, until rows_max or a little more are moved. Answers how many, those included that they were merged
-- with; none where another folds, packs or rebuilds.
create function pack_values(rows_max integer) returns bigint
language plpgsql
security definer
set search_path = public, pg_temp
set jit = off
as $$
#variable_conflict use_column
declare
    -- "FOLD" in ASCII.
    lock_key constant bigint := 1179601988;
    today    constant date := (now() at time zone 'UTC')::date;
    at       record;
    next_at  record;
    gone     bigint;
    moved    bigint := 0;
begin
    if not pg_try_advisory_xact_lock(lock_key) then
        return 0;
    end if;
    select ''::text as project_id, 0::smallint as dimension, date '-infinity' as date into at;
    while moved < rows_max loop
        -- From one day's first value to the next's, by the primary key.
        select project_id, dimension, date into next_at
        from daily_value_stats
        where (project_id, dimension, date) > (at.project_id, at.dimension, at.date)
        order by project_id, dimension, date
        limit 1;
        exit when not found;
        at := next_at;
        if at.date >= today then
            -- All that follows of this project and dimension is of today, or later.
            at.date := 'infinity';
            continue;
        end if;
        if at.dimension = 1 then
            insert into places (country, city, lat, lng, place)
            select place_part(value, 0), place_part(value, 1), place_part(value, 2)::double precision,
                   place_part(value, 3)::double precision, value
            from daily_value_stats
            where project_id = at.project_id and dimension = at.dimension and date = at.date
              and not exists (select from places where places.place = value);
            with gone as (
                delete from daily_value_stats
                where project_id = at.project_id and dimension = at.dimension and date = at.date
                returning value, events_count
            )
            insert into packed_places as kept (project_id, date, place_ids, counts)
            select at.project_id, at.date, array_agg(place_id order by place_id), array_agg(events_count order by place_id)
            from gone left join places on places.place = gone.value
            on conflict (project_id, date) do update set (place_ids, counts) = (
                select array_agg(id order by id), array_agg(events order by id)
                from (
                    select both_of.id, sum(both_of.count)::bigint
                    from (
                        select * from unnest(kept.place_ids, kept.counts)
                        union all select * from unnest(excluded.place_ids, excluded.counts)
                    ) as both_of (id, count)
                    group by 1
                ) as merged (id, events)
            )
            returning cardinality(place_ids) into gone;
        else
            with gone as (
                delete from daily_value_stats
                where project_id = at.project_id and dimension = at.dimension and date = at.date
                returning value, events_count
            )
            insert into packed_values as kept (project_id, dimension, date, "values", counts)
            select at.project_id, at.dimension, at.date, array_agg(value order by value), array_agg(events_count order by value)
            from gone
            on conflict (project_id, dimension, date) do update set ("values", counts) = (
                select array_agg(value order by value), array_agg(events order by value)
                from (
                    select both_of.value collate "C", sum(both_of.count)::bigint
                    from (
                        select * from unnest(kept."values", kept.counts)
                        union all select * from unnest(excluded."values", excluded.counts)
                    ) as both_of (value, count)
                    group by 1
                ) as merged (value, events)
            )
            returning cardinality("values") into gone;
        end if;
        moved := moved + gone;
    end loop;
    return moved;
end
$$;

-- level_day(day): makes the counts of '' anew from those of the projects, of one UTC day; its sketches are the caller's to make,
-- in the same transaction. Nobody folds, packs or rebuilds until that ends.
create function level_day(day date) returns void
language plpgsql
security definer
set search_path = public, pg_temp
set jit = off
as $$
declare
    dimensions smallint[];
    named      bigint[];
    other      bigint[];
begin
    -- "FOLD" in ASCII.
    perform pg_advisory_xact_lock(1179601988);
    select array_agg(of_day.dimension), array_agg(of_day.named), array_agg(of_day.other)
    into dimensions, named, other
    from level_values(day) as of_day;
    delete from daily_dimension_stats where project_id = '' and date = day;
    insert into daily_dimension_stats (project_id, date, dimension, named_count, other_count)
    select '', day, * from unnest(dimensions, named, other);
    delete from packed_quarters where project_id = '' and date = day;
    insert into packed_quarters
    select '', day, array_agg(impressions order by number), array_agg(interactions order by number),
           array_agg(click_bubble order by number), array_agg(open_chat order by number),
           array_agg(ask_question order by number), array_agg(click_suggestion order by number),
           array_agg(submit_form order by number), array_agg(click_contact order by number)
    from (
        select quarter.number, sum(quarter.impressions)::bigint, sum(quarter.interactions)::bigint,
               sum(quarter.click_bubble)::bigint, sum(quarter.open_chat)::bigint, sum(quarter.ask_question)::bigint,
               sum(quarter.click_suggestion)::bigint, sum(quarter.submit_form)::bigint, sum(quarter.click_contact)::bigint
        from projects
        join packed_quarters as kept on kept.project_id = projects.project_id and kept.date = day,
             unnest(
                 kept.impressions, kept.interactions, kept.click_bubble, kept.open_chat, kept.ask_question,
                 kept.click_suggestion, kept.submit_form, kept.click_contact
             ) with ordinality as quarter (
                 impressions, interactions, click_bubble, open_chat, ask_question, click_suggestion, submit_form,
                 click_contact, number
             )
        group by quarter.number
    ) as added (
        number, impressions, interactions, click_bubble, open_chat, ask_question, click_suggestion, submit_form, click_contact
    )
    having count(*) > 0;
end
$$;

-- day_is_levelled(day): no longer among unlevelled_days, and without sketches of '' that saw nobody.
create function day_is_levelled(day date) returns void
language sql
security definer
set search_path = public, pg_temp
as $$
    delete from daily_visitor_sketches where project_id = '' and date = day and visitors = '' and sessions = '';
    delete from unlevelled_days where date = day;
$$;

-- As in V10__breakdowns.sql, and the tables of this migration besides.
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
    -- What is packed after what it was packed from, as whoever packs: or the two could wait for each other.
    for target in
        select * from (values
            ('analytics_impressions_default', 'created_at', raw_kept_from()),
            ('analytics_events_default', 'created_at', raw_kept_from()),
            ('quarter_hour_stats', 'bucket_at', rollups_kept_from()),
            ('packed_quarters', 'date', rollups_kept_from()),
            ('daily_analytics_stats', 'date', rollups_kept_from()),
            ('daily_dropped_stats', 'date', rollups_kept_from()),
            ('daily_value_stats', 'date', rollups_kept_from()),
            ('packed_values', 'date', rollups_kept_from()),
            ('packed_places', 'date', rollups_kept_from()),
            ('daily_dimension_stats', 'date', rollups_kept_from()),
            ('daily_visitor_sketches', 'date', rollups_kept_from()),
            ('unlevelled_days', 'date', rollups_kept_from())
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

revoke execute on function
    level_values, added_up, place_part, fold_rollups, pack_quarters, pack_values, level_day, day_is_levelled
    from public;
grant execute on function fold_rollups, pack_quarters, pack_values, level_day, day_is_levelled to footfall_write;
grant select on unlevelled_days to footfall_write;
grant select on places, packed_quarters, packed_values, packed_places, quarter_hours to footfall_read;
