-- Whole months ahead that both raw tables have a partition for, without a gap; and rows that wait in the default partitions.
-- $1 integer: most rows that are counted of each. Reads the catalogue and the default partitions.
select partitions_ahead(), default_partition_rows($1)
