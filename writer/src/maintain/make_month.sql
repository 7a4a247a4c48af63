-- Makes one month's partition; answers made, exists or crowded. $1 table, $2 date: the month, $3 boolean: however long late rows
-- wait for it. See V8__retention.sql.
select make_month($1, $2, $3)
