-- The newest entries of the quarantine. $1 reason, $2 project, $3 since, $4 before; null: whatever it is; $5 most entries.
-- Index: the primary key, backwards.
select quarantine_id, reason, project_id, detail, quarantined_at
from quarantine
where ($1::text is null or reason = $1)
  and ($2::text is null or project_id = $2)
  and ($3::timestamptz is null or quarantined_at >= $3)
  and ($4::timestamptz is null or quarantined_at < $4)
order by quarantine_id desc
limit $5::bigint
