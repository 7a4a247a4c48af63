-- The last migration that was applied. No parameters. Index: the primary key.
select coalesce(max(version), 0)
from refinery_schema_history
