-- Takes deltas away and adds their counts to the tables that are read; answers their sketches by project and day, to be merged in
-- the same transaction. $1 integer: most deltas. Nothing where another is at it. See V12__packed_rollups.sql.
select project_id, date, visitors, sessions, opened, asked, submitted, deltas, named, other
from fold_rollups($1)
