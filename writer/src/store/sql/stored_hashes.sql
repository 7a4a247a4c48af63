-- What the ledger holds: the place of the key among those asked for, from 1, and the hash. $1 envelope ids, $2 their projects,
-- sorted by id; $3 the first id, $4 the last: weeks that they do not touch are left out when this is planned. A look a key, forced
-- by `offset 0`: joined the other way round it would read the whole ledger. Index: the primary key.
select asked.place, ledger.events_hash
from unnest($1::uuid[], $2::text[]) with ordinality as asked (envelope_id, project_id, place),
     lateral (
         select events_hash
         from ingest_ledger
         where ingest_ledger.envelope_id = asked.envelope_id
           and ingest_ledger.project_id = asked.project_id
           and ingest_ledger.envelope_id between $3 and $4
         offset 0
     ) as ledger
