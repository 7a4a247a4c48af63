-- Removes an entry of the quarantine. $1 bigint: its id. Index: the primary key.
delete from quarantine
where quarantine_id = $1
