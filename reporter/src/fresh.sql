-- How far the writers have come: up to when every event is visible, and how many messages wait.
--   $1 double precision: longest silence of a writer that still counts, in seconds
-- The least that any living writer is sure of, null where one of them is sure of nothing; null, too, where no writer lives.
-- Reads all of writer_progress: a row a writer.
select
    case when count(*) = count(complete_until) then min(complete_until) end as complete_until,
    max(waiting_messages) as waiting_messages
from writer_progress
where reported_at > now() - make_interval(secs => $1::double precision)
