-- Makes the ledger's next week; answers made, exists or crowded. $1 date: its Monday, $2 boolean: however long writers wait for it.
-- See V11__ledger_by_week.sql.
select make_ledger_week($1, $2)
