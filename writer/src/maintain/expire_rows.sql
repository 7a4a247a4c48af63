-- Deletes expired rows outside of month partitions; answers how many of the table that had the most. $1 integer: most rows of a
-- table. Index: created_at, bucket_at and date; the daily rollup is scanned.
select expire_rows($1)
