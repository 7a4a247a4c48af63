-- Tells every writer that deliveries went back to the queue: those of one writer, or of all that are gone. What the others vouch for
-- falls to what that one vouched for, since its deliveries may come to their hands; a reader, who goes by the least, sees no change.
--   $1 uuid:    the writer whose deliveries they were; null: those that are gone
--   $2 float8:  silence after which a writer is taken for gone, in seconds
--   $3 boolean: whether the row goes, too
-- Locks every row, in one order: a row a writer.
with writers as materialized (
    select writer_id, reported_at, complete_until, consumers
    from writer_progress
    order by writer_id
    for update
),
released as materialized (
    select writer_id, complete_until, $1::uuid is not null or consumers > 0 as held
    from writers
    where writer_id = $1::uuid
        or ($1::uuid is null and reported_at <= clock_timestamp() - make_interval(secs => $2::float8))
),
removed as (
    delete from writer_progress
    using released
    where $3::boolean and writer_progress.writer_id = released.writer_id
)
update writer_progress as told
set returns = told.returns + 1,
    complete_until = case when (select bool_and(complete_until is not null) from released where held)
        and told.complete_until is not null
        then least(told.complete_until, (select min(complete_until) from released where held)) end
where exists (select from released where held)
    and not exists (select from released where released.writer_id = told.writer_id)
