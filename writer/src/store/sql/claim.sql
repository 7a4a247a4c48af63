-- Claims envelopes: answers those that were not in the ledger. Waits for a transaction that claims the same. Dearer than
-- copy_claims.sql, and the way where that was refused.
-- $1 envelope ids, $2 their projects, $3 hashes of their events, $4 events stored, $5 events put in quarantine,
-- $6 events dropped by a rule, $7 when received. Sorted, so that two writers can't wait for each other in a circle.
-- Index: the primary key.
insert into ingest_ledger
    (envelope_id, project_id, events_hash, stored_count, quarantined_count, dropped_count, received_at)
select *
from unnest($1::uuid[], $2::text[], $3::bytea[], $4::integer[], $5::integer[], $6::integer[], $7::timestamptz[])
    as asked (envelope_id, project_id, events_hash, stored_count, quarantined_count, dropped_count, received_at)
order by envelope_id, project_id collate "C"
on conflict do nothing
returning envelope_id, project_id
