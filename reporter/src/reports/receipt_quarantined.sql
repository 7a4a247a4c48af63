-- Which events of an envelope could not be stored, and why.
--   $1 text[]: project ids, or null for every project
--   $2 uuid: the envelope
-- Reads quarantine_envelope_id_idx.
select project_id, event_index, reason
from quarantine
where envelope_id = $2::uuid
  and ($1::text[] is null or project_id = any ($1::text[]))
order by project_id, event_index, quarantine_id
