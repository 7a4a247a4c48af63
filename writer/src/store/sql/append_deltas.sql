-- Appends what a batch adds up to: a row a project and UTC day. Binary, in this order of columns. Folded by fold_rollups.
copy rollup_deltas (project_id, date, dimensions, "values", counts, visitors, sessions, opened, asked, submitted) from stdin (format binary)
