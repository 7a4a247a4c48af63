-- Takes away what a recount replaces: folded rows of a project's day, and the deltas that the recount has seen. $1 text: project,
-- $2 date, $3 bigint[]: deltas. Indexes: the primary keys, and (project_id, date).
with deltas as (delete from rollup_deltas where project_id = $1 and date = $2 and delta_id = any ($3::bigint[])),
     named as (
         delete from daily_value_stats where project_id = $1 and dimension = any ('{1, 2, 3, 4, 5, 6}') and date = $2
     ),
     dimensions as (delete from daily_dimension_stats where project_id = $1 and date = $2 and dimension between 1 and 6)
delete from daily_visitor_sketches where project_id = $1 and date = $2
