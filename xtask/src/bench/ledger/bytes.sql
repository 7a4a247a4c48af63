-- Bytes a row of a table, of its partitions together: heap, indexes. $1 text: the table. Reads the catalogue and the table.
select sum(pg_relation_size(relid))::float8 / rows, sum(pg_indexes_size(relid))::float8 / rows
from pg_partition_tree($1::regclass),
     lateral (select (xpath('/row/n/text()', query_to_xml('select count(*) as n from ' || $1, false, true, '')))[1]::text::float8 as rows)
         as counted
where isleaf
group by rows
