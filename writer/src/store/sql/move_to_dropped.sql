-- One event of an envelope is no longer in quarantine but dropped by a rule. $1 envelope id, $2 its project.
-- Index: the primary key.
update ingest_ledger
set dropped_count     = dropped_count + 1,
    quarantined_count = quarantined_count - 1
where envelope_id = $1
  and project_id = $2
  and quarantined_count > 0
