-- What the ledger holds under keys that could not be claimed. $1 envelope ids, $2 their projects.
-- Index: the primary key.
select ledger.envelope_id, ledger.project_id, ledger.events_hash
from unnest($1::uuid[], $2::text[]) as asked (envelope_id, project_id)
join ingest_ledger as ledger using (envelope_id, project_id)
