//! Months are made ahead, and late rows find their place.

use writer::maintain::{MONTHS_AHEAD, Manner};

use crate::support::Bench;

/// Takes the last two months away again, of both tables.
async fn forget_two_months(bench: &Bench) {
    let sql = "do $$ declare part record; begin
        for part in select partition from month_partitions order by month desc, partition limit 4 loop
            execute format('drop table %I', part.partition);
        end loop; end $$";
    bench.client.batch_execute(sql).await.unwrap();
}

#[tokio::test]
async fn missing_months_are_made_once() {
    let bench = Bench::new().await;
    forget_two_months(&bench).await;

    let first = bench.maintain().await;
    let second = bench.maintain().await;

    assert_eq!((first.made.len(), first.months_ahead), (4, MONTHS_AHEAD), "{first:?}");
    assert_eq!((second.made.len(), second.months_ahead), (0, MONTHS_AHEAD), "{second:?}");
}

#[tokio::test]
async fn a_month_that_was_made_looks_like_any_other() {
    let bench = Bench::new().await;
    let shape = "
        select string_agg(format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum)
               || ' | ' || (select count(*) from pg_index where indrelid = c.oid)
               || ' | ' || (select string_agg(contype::text, '' order by contype) from pg_constraint where conrelid = c.oid)
        from month_partitions as made join pg_class c on c.oid = partition::regclass
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
        where parent = 'analytics_impressions' group by c.oid, month order by month desc limit 1";
    let before: String = bench.client.query_one(shape, &[]).await.unwrap().get(0);
    forget_two_months(&bench).await;
    bench.maintain().await;

    let after: String = bench.client.query_one(shape, &[]).await.unwrap().get(0);
    assert_eq!(after, before);
}

#[tokio::test]
async fn of_several_at_once_one_makes_each_month() {
    let bench = Bench::new().await;
    forget_two_months(&bench).await;

    let runs = futures_util::future::join_all((0..6).map(|_| bench.maintain())).await;

    assert_eq!(runs.iter().map(|report| report.made.len()).sum::<usize>(), 4, "{runs:?}");
    assert_eq!(bench.maintain().await.months_ahead, MONTHS_AHEAD);
}

#[tokio::test]
async fn a_row_of_a_month_that_has_no_partition_is_stored_and_moved_when_the_month_is_made() {
    let bench = Bench::new().await;
    bench.impressions_at(&["now() - interval '7 months'", "now() + interval '3 years'"]).await;
    assert_eq!(bench.count("analytics_impressions_default").await, 2);

    let report = bench.maintain().await;

    assert_eq!(report.made.len(), 1, "its own table's month, and no other: {report:?}");
    assert_eq!(bench.count("analytics_impressions").await, 2);
    assert_eq!(bench.count("analytics_impressions_default").await, 1, "the month far ahead is not made yet");
}

#[tokio::test]
async fn a_month_of_many_waiting_rows_is_left_unless_an_operator_asks_for_it() {
    let bench = Bench::new().await;
    let many = "insert into analytics_impressions (project_id, created_at)
        select 'alpha', now() - interval '7 months' from generate_series(1, 5001)";
    bench.client.batch_execute(many).await.unwrap();

    let left = bench.maintain().await;
    let done = bench.maintain_in(Manner { however_long: true, ..Manner::default() }).await;

    assert_eq!((left.made.len(), left.crowded.len()), (0, 1), "{left:?}");
    assert_eq!((done.made.len(), done.crowded.len()), (1, 0), "{done:?}");
    assert_eq!(bench.count("analytics_impressions_default").await, 0);
    assert_eq!(bench.count("analytics_impressions").await, 5001);
}
