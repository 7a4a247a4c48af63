-- Keeps what can't be stored; answers the reasons of what was not there yet.
-- $1 fingerprints, $2 reasons, $3 details, $4 envelope ids, $5 projects, $6 places in the envelope, $7 payloads,
-- $8 when received; $4, $5, $6, $8 null for a message that could not be read. Sorted, as in claim.sql.
-- Index: the unique one on fingerprint.
insert into quarantine (fingerprint, reason, detail, envelope_id, project_id, event_index, payload, received_at)
select *
from unnest($1::bytea[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::integer[], $7::bytea[], $8::timestamptz[])
    as kept (fingerprint, reason, detail, envelope_id, project_id, event_index, payload, received_at)
order by fingerprint
on conflict (fingerprint) do nothing
returning reason
