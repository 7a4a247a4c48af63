-- Deletes a partition's rows of a visitor; answers how many, by project and UTC day. $1 uuid: the visitor. Reads the whole
-- partition.
with erased as (
    delete from a_partition
    where visitor_id = $1
    returning project_id, created_at
)
select project_id, (created_at at time zone 'UTC')::date as date, count(*)
from erased
group by 1, 2
order by 1, 2
