-- Events by value of a dimension that are not packed: folded, without a name (a null value), or waiting to be folded. A value may
-- have several rows.
--   $1 text[]: project ids, or the one that stands for every project
--   $2 smallint: the dimension
--   $3 date: the first UTC day
--   $4 date: the last UTC day, included
--   $5 text[]: project ids, or null for every project: what waits to be folded has no row for all of them
-- Counts on daily_value_stats_pkey (project_id, dimension, date, value), daily_dimension_stats_pkey (project_id, date, dimension)
-- and rollup_deltas_project_id_date_idx; for every project scans rollup_deltas, whose rows live for seconds.
select value, events_count as events
from daily_value_stats
where project_id = any ($1::text[])
  and dimension = $2::smallint
  and date between $3::date and $4::date
union all
select null, sum(other_count)::bigint
from daily_dimension_stats
where project_id = any ($1::text[])
  and dimension = $2::smallint
  and date between $3::date and $4::date
having sum(other_count) <> 0
union all
select added.value, sum(added.count)::bigint
from rollup_deltas
cross join lateral unnest(dimensions, "values", counts) as added (dimension, value, count)
where ($5::text[] is null or project_id = any ($5::text[]))
  and date between $3::date and $4::date
  and added.dimension = $2::smallint
group by added.value
