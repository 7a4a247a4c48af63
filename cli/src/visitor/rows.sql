-- A partition's rows of a visitor: when, id, and all columns. $1 uuid: the visitor. Reads the whole partition.
select created_at, id, to_jsonb(event)
from a_partition as event
where visitor_id = $1
