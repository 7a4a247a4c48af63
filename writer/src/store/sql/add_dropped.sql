-- Adds what a batch's envelopes had dropped to the UTC days of their receipt. $1 projects, $2 dates, $3 reasons, $4 events;
-- one entry a key. Sorted, as in claim.sql. Index: the primary key.
insert into daily_dropped_stats as stats (project_id, date, reason, dropped_count)
select *
from unnest($1::text[], $2::date[], $3::text[], $4::bigint[])
    as added (project_id, date, reason, dropped_count)
order by project_id, date, reason
on conflict (project_id, date, reason) do update
set dropped_count = stats.dropped_count + excluded.dropped_count
