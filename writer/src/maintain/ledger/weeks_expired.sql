-- Weeks of the ledger that have expired, the oldest first. No parameters. Reads the catalogue.
select partition
from ledger_weeks_expired()
