-- A project's folded sketches of a day. $1 text: project, $2 date. Index: the primary key.
select visitors, sessions, opened, asked, submitted from daily_visitor_sketches where project_id = $1 and date = $2
