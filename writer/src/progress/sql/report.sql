-- Renews a writer's row, and answers what it must know of the others.
--   $1 uuid:         the writer
--   $2 timestamptz:  what it vouches for now; null: no more than before
--   $3 bigint:       messages that wait in the queue; null: not known
--   $4 timestamptz:  receipt of the oldest event in its hands; null: none
--   $5 integer:      its subscriptions
--   $6 bigint:       the returns that it took notice of
--   $7 timestamptz:  what it vouched for when it last reported; null: nothing yet
--   $8 float8:       silence after which a writer is taken for gone, in seconds
-- What it vouches for is not raised where deliveries of another went back to the queue meanwhile: they may come to its hands, and it
-- did not know. A writer without a subscription has nothing in its hands: it follows the others. So does one that begins.
-- Scans the table, which has a row a writer.
with others as (
    select
        coalesce(sum(consumers), 0) as consumers,
        case when bool_and(complete_until is not null) filter (where consumers > 0)
            then min(complete_until) filter (where consumers > 0) end as complete_until
    from writer_progress
    where writer_id <> $1::uuid and reported_at > clock_timestamp() - make_interval(secs => $8::float8)
),
gone as (
    select count(*) as writers
    from writer_progress
    where writer_id <> $1::uuid and reported_at <= clock_timestamp() - make_interval(secs => $8::float8)
)
insert into writer_progress as mine
    (writer_id, reported_at, complete_until, waiting_messages, oldest_pending_at, consumers)
select $1::uuid, clock_timestamp(), coalesce($7::timestamptz, others.complete_until), $3::bigint, $4::timestamptz, $5::integer
from others
on conflict (writer_id) do update set
    reported_at = excluded.reported_at,
    complete_until = case
        when mine.returns <> $6::bigint then mine.complete_until
        when $5::integer = 0 then coalesce((select complete_until from others), mine.complete_until)
        else coalesce(greatest(mine.complete_until, $2::timestamptz), (select complete_until from others)) end,
    waiting_messages = excluded.waiting_messages,
    oldest_pending_at = excluded.oldest_pending_at,
    consumers = excluded.consumers
returning
    complete_until, returns,
    -- Not there before, or taken for gone: what was noted for it since is not known.
    xmax = 0 as is_new,
    (select consumers from others) as other_consumers,
    (select writers from gone) as gone_writers
