-- Deletes some of the entries that are meant, the oldest first. $1 bigint[]: ids, $2 reason, $3 project, $4 since, $5 before;
-- null: whatever it is; $6 most entries. Index: the primary key.
delete from quarantine
where quarantine_id in (
    select quarantine_id
    from quarantine
    where ($1::bigint[] is null or quarantine_id = any ($1))
      and ($2::text is null or reason = $2)
      and ($3::text is null or project_id = $3)
      and ($4::timestamptz is null or quarantined_at >= $4)
      and ($5::timestamptz is null or quarantined_at < $5)
    order by quarantine_id
    limit $6::bigint
)
