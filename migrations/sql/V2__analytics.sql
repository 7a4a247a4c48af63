-- The raw rows: one a loaded widget, one an interaction. The columns are fixed by the design; what else we need stands
-- in tables beside these. Partitioned by month on created_at, so that retention drops a table instead of rows; the
-- primary key holds the partition key because Postgres requires it.

create type event_type as enum (
    'click_bubble', 'open_chat', 'ask_question', 'click_suggestion', 'submit_form', 'click_contact'
);

create table analytics_impressions (
    id          bigint generated always as identity,
    project_id  text collate "C" not null references projects (project_id),
    visitor_id  uuid,
    session_id  uuid,
    url         text,
    referrer    text,
    user_agent  text,
    geo_country text,
    geo_city    text,
    geo_lat     float,
    geo_lng     float,
    created_at  timestamptz not null default now(),
    primary key (id, created_at)
) partition by range (created_at);

-- One project over a range of dates.
create index analytics_impressions_project_id_created_at_idx on analytics_impressions (project_id, created_at);
-- All projects over a range of dates.
create index analytics_impressions_created_at_idx on analytics_impressions (created_at);

create table analytics_events (
    id          bigint generated always as identity,
    project_id  text collate "C" not null references projects (project_id),
    visitor_id  uuid,
    session_id  uuid,
    event_type  event_type not null,
    event_label text,
    event_data  jsonb,
    created_at  timestamptz not null default now(),
    primary key (id, created_at)
) partition by range (created_at);

create index analytics_events_project_id_event_type_created_at_idx
    on analytics_events (project_id, event_type, created_at);
create index analytics_events_created_at_idx on analytics_events (created_at);

-- A row whose month was not made ahead lands here instead of failing its batch.
create table analytics_impressions_default partition of analytics_impressions default;
create table analytics_events_default partition of analytics_events default;

grant select, insert on analytics_impressions, analytics_events to footfall_write;
grant select on analytics_impressions, analytics_events to footfall_read;
