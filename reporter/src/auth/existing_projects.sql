-- Which of the projects named exist.
--   $1 text[]: project ids
-- Reads projects_pkey.
select project_id
from projects
where project_id = any ($1)
