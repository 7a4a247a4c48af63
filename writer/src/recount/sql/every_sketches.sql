-- Every project's sketches of a day together: those of '', and what is not folded yet. $1 date. Index: the primary key; the
-- deltas are scanned.
select visitors, sessions, opened, asked, submitted from daily_visitors where project_id = '' and date = $1
union all
select visitors, sessions, opened, asked, submitted from rollup_deltas where date = $1
