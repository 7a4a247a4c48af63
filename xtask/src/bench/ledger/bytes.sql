-- Bytes of a table and its partitions, if it has any: heap, indexes. $1 text: the table. Reads the catalogue.
select sum(pg_relation_size(relid))::float8, sum(pg_indexes_size(relid))::float8
from (
    select $1::text::regclass as relid
    union
    select relid from pg_partition_tree($1::text::regclass)
) as parts
