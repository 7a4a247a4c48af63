-- How many rows a partition has of a visitor. $1 uuid: the visitor. Reads the whole partition.
select count(*)
from a_partition
where visitor_id = $1
