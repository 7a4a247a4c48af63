-- Whether the raw rows of a UTC day have not expired and their month's partitions are there. $1 date. Reads the catalogue.
select $1::date >= coalesce(raw_kept_from(), '-infinity')
   and (select count(*) from month_partitions where is_attached and month = date_trunc('month', $1::date)::date) = 2
