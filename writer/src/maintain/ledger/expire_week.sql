-- One step towards the end of an expired week; answers taken, nothing or crowded. $1 partition, $2 step: promise, prove, detach or
-- drop, $3 boolean: however long writers wait for it. See V11__ledger_by_week.sql.
select expire_ledger_week($1, $2, $3)
