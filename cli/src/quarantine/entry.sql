-- One entry of the quarantine with its payload. $1 its id. Index: the primary key.
select reason, detail, project_id, envelope_id, event_index, received_at, quarantined_at, payload
from quarantine
where quarantine_id = $1
