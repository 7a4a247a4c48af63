-- A project's values of a day that have a row. $1 text: project, $2 date. Index: the primary key.
select dimension, value, events_count from daily_value_stats where project_id = $1 and dimension = any ('{1, 2, 3, 4, 5, 6}') and date = $2
