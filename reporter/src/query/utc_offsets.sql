-- How far a time zone is from UTC in a range of time: a row for its start, and one for each quarter of an hour at which that changes.
--   $1 text: the time zone, one of time_zone_names.sql
--   $2 timestamptz: start of the range, on a quarter of an hour
--   $3 timestamptz: end of the range
-- Compared a day apart, and quarter by quarter only on days that make a difference. Reads no table.
with days as (
    select
        day_at,
        extract(epoch from (day_at at time zone $1) - (day_at at time zone 'UTC'))::integer as offset_s,
        extract(
            epoch from
            ((day_at + interval '1 day') at time zone $1) - ((day_at + interval '1 day') at time zone 'UTC')
        )::integer as next_offset_s
    from generate_series($2::timestamptz, $3::timestamptz, interval '1 day') as day_at
)
select day_at as starts_at, offset_s
from days
where day_at = $2::timestamptz
union all
select change.starts_at, change.offset_s
from days
cross join lateral (
    select
        quarter.starts_at,
        quarter.offset_s,
        lag(quarter.offset_s) over (order by quarter.starts_at) as offset_before_s
    from (
        select
            quarter_at as starts_at,
            extract(epoch from (quarter_at at time zone $1) - (quarter_at at time zone 'UTC'))::integer as offset_s
        from generate_series(day_at, day_at + interval '1 day', interval '15 minutes') as quarter_at
    ) as quarter
) as change
where days.offset_s <> days.next_offset_s
  and change.offset_s <> change.offset_before_s
order by starts_at
