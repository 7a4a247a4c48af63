-- Claims envelopes that are not in the ledger; refused as a whole where one is, after waiting for whoever claims it. Its lines are
-- what claim.sql takes, in the same order, and sorted for the same reason. Index: the primary key.
copy ingest_ledger
    (envelope_id, project_id, events_hash, stored_count, quarantined_count, dropped_count, received_at)
from stdin (format binary)
