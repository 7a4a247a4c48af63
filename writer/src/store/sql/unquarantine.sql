-- Removes an entry of the quarantine whose events are stored by now. $1 its id. Index: the primary key.
delete from quarantine
where quarantine_id = $1
