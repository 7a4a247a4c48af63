-- What the dashboard reads. The writer adds to these in the transaction that stores the rows, so at every commit they
-- equal a recount.

-- Counts a project and UTC day.
create table daily_analytics_stats (
    project_id         text collate "C" not null references projects (project_id),
    date               date not null,
    impressions_count  bigint not null default 0,
    interactions_count bigint not null default 0,
    primary key (project_id, date)
);

-- Counts a project and quarter of an hour: the grain at which the local days of every time zone add up exactly.
create table quarter_hour_stats (
    project_id         text collate "C" not null references projects (project_id),
    -- The quarter's start.
    bucket_at          timestamptz not null,
    impressions_count  bigint not null default 0,
    interactions_count bigint not null default 0,
    primary key (project_id, bucket_at)
);

-- All projects over a range.
create index quarter_hour_stats_bucket_at_idx on quarter_hour_stats (bucket_at);

grant select, insert, update on daily_analytics_stats, quarter_hour_stats to footfall_write;
grant select on daily_analytics_stats, quarter_hour_stats to footfall_read;
