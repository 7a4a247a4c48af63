-- Entries of the quarantine. No parameters. Scans its index.
select count(*)
from quarantine
