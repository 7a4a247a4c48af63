-- Months that have no partition and should: table and month. $1 integer: months ahead. Reads the catalogue and the default partitions.
select parent, month
from months_wanted($1)
