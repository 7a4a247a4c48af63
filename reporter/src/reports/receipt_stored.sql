-- What became of an envelope, a row a project in scope.
--   $1 text[]: project ids, or null for every project
--   $2 uuid: the envelope
-- Reads ingest_ledger_pkey (envelope_id, project_id).
select project_id, committed_at, stored_count, dropped_count
from ingest_ledger
where envelope_id = $2::uuid
  and ($1::text[] is null or project_id = any ($1::text[]))
order by project_id
