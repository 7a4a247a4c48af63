-- A page of the entries that are meant, by id. $1 bigint[]: ids, $2 reason, $3 project, $4 since, $5 before; null: whatever it
-- is; $6 after this id, $7 up to this one, $8 most entries. Index: the primary key.
select quarantine_id
from quarantine
where ($1::bigint[] is null or quarantine_id = any ($1))
  and ($2::text is null or reason = $2)
  and ($3::text is null or project_id = $3)
  and ($4::timestamptz is null or quarantined_at >= $4)
  and ($5::timestamptz is null or quarantined_at < $5)
  and quarantine_id > $6::bigint
  and quarantine_id <= $7::bigint
order by quarantine_id
limit $8::bigint
