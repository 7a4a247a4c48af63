-- How many values a day have a row, and the events of the others. $1 text: project, $2 date. Index: the primary key.
select dimension, named_count, other_count from daily_dimension_stats where project_id = $1 and date = $2
