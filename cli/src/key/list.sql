-- Every key: id, kind, name, projects (null for all), when made, when revoked; the newest last. No parameters. Scans both tables.
select key_id, 'reader', name,
       case when not all_projects then array(
           select project_id from api_key_projects as sees where sees.key_id = api_keys.key_id order by project_id
       ) end,
       created_at, revoked_at
from api_keys
union all
select key_id, 'ingest', name, array[project_id], created_at, revoked_at
from ingest_keys
order by 5, 1
