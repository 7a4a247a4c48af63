-- How many months raw rows and rollups are kept, 0 for ever; and months that have expired and are still there. No parameters.
-- Reads the catalogue.
select raw_months, rollup_months,
       (select count(distinct month) from month_partitions where month < raw_kept_from())
from retention
