-- Takes away what a recount replaces: folded rows of a project's day, packed or not, and the deltas that the recount has seen.
-- $1 text: project, $2 date, $3 bigint[]: deltas, $4 smallint[]: dimensions. Indexes: the primary keys, and (project_id, date).
with deltas as (delete from rollup_deltas where project_id = $1 and date = $2 and delta_id = any ($3::bigint[])),
     named as (
         delete from daily_value_stats where project_id = $1 and dimension = any ($4::smallint[]) and date = $2
     ),
     packed as (
         delete from packed_values where project_id = $1 and dimension = any ($4::smallint[]) and date = $2
     ),
     packed_by_place as (delete from packed_places where project_id = $1 and date = $2),
     dimensions as (
         delete from daily_dimension_stats where project_id = $1 and date = $2 and dimension = any ($4::smallint[])
     ),
     -- What is counted under '' is made anew by whoever folds, if not by whoever rebuilds.
     level as (
         insert into unlevelled_days (date, counts_too) values ($2, true) on conflict (date) do update set counts_too = true
     )
delete from daily_visitor_sketches where project_id = $1 and date = $2
