-- Deletes a partition's rows of a visitor; answers how many, by project and quarter of an hour. $1 uuid: the visitor. Reads the whole
-- partition.
with erased as (
    delete from a_partition
    where visitor_id = $1
    returning project_id, created_at
)
select project_id, date_bin('15 minutes', created_at, 'epoch') as bucket_at, count(*)
from erased
group by 1, 2
order by 1, 2
