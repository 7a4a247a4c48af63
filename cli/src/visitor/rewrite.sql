-- Puts a payload in the place of the one that was read, unless the entry changed or went since. $1 bigint: the entry, $2 bytea: the new
-- payload, $3 bytea: the old one. Index: the primary key.
update quarantine
set payload = $2
where quarantine_id = $1
  and payload = $3
