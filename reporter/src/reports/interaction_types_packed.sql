-- Interactions of each type by quarter of an hour, packed by UTC day: a row a project, or one for all.
--   $1 text[]: project ids, or the one that stands for every project
--   $2 date: the first day
--   $3 date: the last day, included
-- Counts on packed_quarters_pkey (project_id, date).
select date, click_bubble, open_chat, ask_question, click_suggestion, submit_form, click_contact
from packed_quarters
where project_id = any ($1::text[])
  and date between $2::date and $3::date
