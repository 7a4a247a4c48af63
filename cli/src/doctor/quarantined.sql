-- What is in quarantine: entries, their bytes on disk, and how many there are of each reason, in words. No parameters.
-- Scans an index, and the table for the reasons.
select coalesce(sum(entries), 0)::bigint as entries,
       pg_size_pretty(pg_total_relation_size('quarantine')) as size,
       coalesce(string_agg(format('%s %s', entries, reason), ', ' order by reason), '') as reasons,
       min(oldest) as oldest
from (select reason, count(*) as entries, min(quarantined_at) as oldest from quarantine group by reason) as counted
