-- Which local day an instant is in.
--   $1 timestamptz: the instant
--   $2 text: the time zone, one of time_zone_names.sql
select ($1::timestamptz at time zone $2)::date as today
