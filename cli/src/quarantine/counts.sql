-- How much is in quarantine, by reason and project, the most first. $1 reason, $2 project, $3 since, $4 before; null: whatever
-- it is. Scans the table.
select reason, project_id, count(*), min(quarantined_at), max(quarantined_at)
from quarantine
where ($1::text is null or reason = $1)
  and ($2::text is null or project_id = $2)
  and ($3::timestamptz is null or quarantined_at >= $3)
  and ($4::timestamptz is null or quarantined_at < $4)
group by reason, project_id
order by 3 desc, 1, 2
