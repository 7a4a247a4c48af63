-- Every project's folded sketches of a day. $1 date. Index: the primary key, a look-up a project.
select sketches.project_id, date, visitors, sessions, opened, asked, submitted
from projects
join daily_visitor_sketches as sketches on sketches.project_id = projects.project_id and date = $1
