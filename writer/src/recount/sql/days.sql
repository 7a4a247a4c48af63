-- First and last UTC day of raw rows and totals. No parameters. Indexes: created_at, bucket_at and the primary key of what is
-- packed; the daily totals are scanned.
select min(day), max(day)
from (
    select (min(created_at) at time zone 'UTC')::date from analytics_impressions
    union all select (max(created_at) at time zone 'UTC')::date from analytics_impressions
    union all select (min(created_at) at time zone 'UTC')::date from analytics_events
    union all select (max(created_at) at time zone 'UTC')::date from analytics_events
    union all select (min(bucket_at) at time zone 'UTC')::date from quarter_hour_stats
    union all select (max(bucket_at) at time zone 'UTC')::date from quarter_hour_stats
    union all select min(date) from packed_quarters where project_id = ''
    union all select max(date) from packed_quarters where project_id = ''
    union all select min(date) from daily_analytics_stats
    union all select max(date) from daily_analytics_stats
) as known (day)
