-- Puts the sketches of a project's day. $1 text: project, $2 date, $3 bytea: visitors, $4 bytea: sessions.
insert into daily_visitor_sketches (project_id, date, visitors, sessions)
values ($1, $2, $3, $4)
