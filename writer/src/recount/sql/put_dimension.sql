-- Puts how many values have a row, and the events of the others. $1 text: project, $2 date, $3 smallint: dimension, $4 integer:
-- named, $5 bigint: events of the others.
insert into daily_dimension_stats (project_id, date, dimension, named_count, other_count)
values ($1, $2, $3, $4, $5)
