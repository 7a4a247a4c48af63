-- Rollups that a dashboard over many projects and days can add up in milliseconds.
--
-- Levels: a row whose project is '' counts every project together. Packing: what is not written any longer moves, in the background,
-- from a row a key to a row a day with arrays. Both are the work of the one that folds, under its lock; writers' transactions
-- are what they were.
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
    constraint places_have_counts check (cardinality(place_ids) = cardinality(counts))
);

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

-- Days whose row of '' in daily_visitor_sketches is not whole: SQL can't merge sketches, so the one that folds makes it, a day after the
-- other. Until then the projects' own rows stand for it.
create table unlevelled_days (
    date date primary key
);

-- Sessions with an open_chat, an ask_question, a submit_form; null: none, or of before.
alter table daily_visitor_sketches
    add column opened bytea, add column asked bytea, add column submitted bytea,
    alter column opened set storage external, alter column asked set storage external,
    alter column submitted set storage external,
    -- Rows of '' belong to no project. daily_analytics_stats has a row wherever there is one of a project, and refers to it.
    drop constraint daily_visitor_sketches_project_id_fkey;
alter table daily_dimension_stats drop constraint daily_dimension_stats_project_id_fkey;
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

grant select on places, packed_quarters, packed_values, packed_places, quarter_hours to footfall_read;
