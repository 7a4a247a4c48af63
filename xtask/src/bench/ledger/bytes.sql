-- Bytes of a table, of its partitions together: heap, indexes. $1 text: the table. Reads the catalogue.
select sum(pg_relation_size(relid))::float8, sum(pg_indexes_size(relid))::float8
from pg_partition_tree($1::text::regclass)
where isleaf
