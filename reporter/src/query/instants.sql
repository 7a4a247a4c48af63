-- When a range of local days starts and ends, to the quarter of an hour.
--   $1 text: the time zone, one of time_zone_names.sql
--   $2 date: the first local day
--   $3 date: the last local day, included
-- Searched, not computed: a local midnight may come twice a day (Havana in autumn) or not at all (Cairo in spring), and
-- `at time zone` then picks one side. A local day starts at its first quarter. Reads no table.
select
    (
        select min(quarter_at)
        from generate_series(
            ($2::date - 1)::timestamp at time zone 'UTC',
            ($2::date + 1)::timestamp at time zone 'UTC',
            interval '15 minutes'
        ) as quarter_at
        where (quarter_at at time zone $1)::date >= $2::date
    ) as starts_at,
    (
        select min(quarter_at)
        from generate_series(
            $3::date::timestamp at time zone 'UTC',
            ($3::date + 2)::timestamp at time zone 'UTC',
            interval '15 minutes'
        ) as quarter_at
        where (quarter_at at time zone $1)::date > $3::date
    ) as ends_at
