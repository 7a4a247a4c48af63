-- A project's deltas of a day that nobody folded yet. $1 text: project, $2 date. Index: (project_id, date).
select delta_id, dimensions, "values", counts, visitors, sessions, opened, asked, submitted
from rollup_deltas where project_id = $1 and date = $2
