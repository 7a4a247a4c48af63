-- Puts the sketches of a project's day. $1 text: project, $2 date, $3 bytea: visitors, $4 bytea: sessions, $5, $6, $7 bytea: those of them
-- with an open_chat, an ask_question, a submit_form; null: none.
insert into daily_visitor_sketches (project_id, date, visitors, sessions, opened, asked, submitted)
values ($1, $2, $3, $4, $5, $6, $7)
