-- Events by value of a dimension, packed by UTC day: a row a project, or one for all.
--   $1 text[]: project ids, or the one that stands for every project
--   $2 smallint: the dimension
--   $3 date: the first day
--   $4 date: the last day, included
-- Counts on packed_values_pkey (project_id, dimension, date).
select "values", counts
from packed_values
where project_id = any ($1::text[])
  and dimension = $2::smallint
  and date between $3::date and $4::date
