-- A page of the quarantine with its payloads. $1 bigint: after this id, $2 bigint: most entries. Index: the primary key.
select quarantine_id, reason, detail, quarantined_at, payload
from quarantine
where quarantine_id > $1
order by quarantine_id
limit $2
