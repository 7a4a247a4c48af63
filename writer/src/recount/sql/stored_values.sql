-- A project's named values of a day, packed or not; one may have two rows. $1 text: project, $2 date, $3 smallint[]: dimensions.
-- Indexes: the primary keys.
select dimension, value, events_count
from daily_value_stats
where project_id = $1 and dimension = any ($3::smallint[]) and date = $2
union all
select dimension, packed.value, packed.count
from packed_values, unnest("values", counts) as packed (value, count)
where project_id = $1 and dimension = any ($3::smallint[]) and date = $2
union all
select 1::smallint, place, packed.count
from packed_places, unnest(place_ids, counts) as packed (place_id, count)
join places using (place_id)
where project_id = $1 and date = $2
