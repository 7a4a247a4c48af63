-- One step towards the end of an expired partition; answers whether it was taken. $1 partition, $2 step: empty, detach, free or drop.
-- See V8__retention.sql.
select expire_partition($1, $2)
