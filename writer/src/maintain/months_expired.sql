-- Partitions that have expired, the oldest first. No parameters. Reads the catalogue.
select partition
from month_partitions
where month < raw_kept_from()
order by month, partition
