-- One entry of the quarantine, held until the transaction ends, so that of two replays one finds it gone. $1 its id.
-- Index: the primary key.
select reason, fingerprint, payload
from quarantine
where quarantine_id = $1
for update
