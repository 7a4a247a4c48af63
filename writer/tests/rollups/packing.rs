//! Packing moves counts and changes none, whoever stores, folds or reads at the same time and wherever it is cut off.

use std::cell::Cell;

use fastrand::Rng;
use testkit::envelopes::{envelope, impression};
use testkit::recount::assert_rollups_equal_a_recount;
use tokio_postgres::IsolationLevel;
use writer::flush::flush;
use writer::fold::{Packed, fold, pack};

use crate::support::{Bench, made_up_batch, prepare, store};

/// An impression so many hours ago.
fn hours_ago(project: &str, page: &str, hours: u64) -> shared::envelope::Envelope {
    let mut sent = envelope(project, vec![impression(&format!("https://example.com/{page}"))]);
    sent.events[0].age_ms = hours * 3_600_000;
    sent
}

#[tokio::test]
async fn what_is_packed_counts_as_before_and_what_comes_late_is_packed_with_it() {
    let mut bench = Bench::new().await;
    for (project, page, hours) in
        [("alpha", "a", 30), ("alpha", "b", 30), ("beta", "a", 31), ("beta", "a", 48), ("alpha", "now", 0)]
    {
        bench.store(&[hours_ago(project, page, hours)]).await;
    }
    bench.fold().await;

    let packed = bench.pack().await;

    assert_eq!((packed.quarters, packed.is_cut_off), (3, false), "of alpha, and two of beta");
    bench.assert_equal_a_recount().await;
    assert_eq!(bench.number("select count(*) from quarter_hour_stats").await, 1, "the present one");
    let before_today = "select count(*) from daily_value_stats where date < (now() at time zone 'UTC')::date";
    assert_eq!(bench.number(before_today).await, 0);
    assert_eq!(bench.pack().await, Packed::default());

    bench.store(&[hours_ago("alpha", "a", 30), hours_ago("alpha", "late", 30)]).await;
    bench.assert_equal_a_recount().await;
    assert_eq!(bench.fold().await.named, 1, "the page that was not known; all else has its name");
    bench.assert_equal_a_recount().await;
    assert_eq!(bench.pack().await.quarters, 1);
    bench.assert_equal_a_recount().await;
    assert_eq!(bench.number(before_today).await, 0);
    let pages = "select array_length(\"values\", 1)::bigint from packed_values
        where project_id = '' and dimension = 2 and 'example.com/late' = any (\"values\")";
    assert_eq!(bench.number(pages).await, 3, "a, b and late");
}

#[tokio::test]
async fn every_reader_sees_the_same_sum_while_writers_store_and_everything_is_folded_and_packed() {
    let mut bench = Bench::new().await;
    let mut random = Rng::with_seed(3);
    for _batch in 0..10 {
        bench.store_prepared(made_up_batch(&mut random, 3)).await;
    }
    let are_done = Cell::new(false);
    let writing = async {
        futures_util::future::join_all((0..3).map(|seed| {
            let mut store = store(&bench.database);
            async move {
                let mut random = Rng::with_seed(seed);
                for _batch in 0..40 {
                    flush(&mut store, &mut made_up_batch(&mut random, 3)).await.unwrap();
                }
            }
        }))
        .await;
        are_done.set(true);
    };
    let packing = async {
        let (mut keeper, mut packed) = (bench.keeper().await, 0);
        while !are_done.get() {
            fold(&mut keeper).await.unwrap();
            packed += pack(&keeper).await.unwrap().quarters;
        }
        packed
    };
    let mut reader = bench.database.client().await;
    let reading = async {
        let mut readings = 0;
        while !are_done.get() {
            let snapshot = reader.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
            let snapshot = snapshot.read_only(true).start().await.unwrap();
            let sums = "
                with every as (
                    select sum(impressions_count) as events from quarter_hour_stats
                    union all
                    select sum(count) from packed_quarters, unnest(impressions) as count where project_id = ''
                ),
                of_pages as (
                    select sum(events_count) as events from daily_values where project_id = '' and dimension = 2
                    union all
                    select sum(added.count) from rollup_deltas, unnest(dimensions, counts) as added (dimension, count)
                    where added.dimension = 2
                )
                select (select count(*) from analytics_impressions),
                       (select sum(impressions_count) from quarter_hours)::bigint,
                       (select sum(events) from every)::bigint,
                       (select sum(events_count) from daily_values where project_id <> '' and dimension = 2)::bigint,
                       (select sum(events) from of_pages)::bigint";
            let sums = snapshot.query_one(sums, &[]).await.unwrap();
            let raw: i64 = sums.get(0);
            for column in 1..5 {
                assert_eq!(sums.get::<_, i64>(column), raw, "sum {column}, reading {readings}");
            }
            readings += 1;
        }
        readings
    };

    let ((), packed, readings) = tokio::join!(writing, packing, reading);

    assert!(packed > 0 && readings > 1, "{packed} packed, {readings} readings");
    bench.assert_equal_a_recount().await;
    bench.fold().await;
    bench.pack().await;
    bench.assert_equal_a_recount().await;
}

#[tokio::test]
async fn eight_writers_with_late_events_of_the_same_quarters_and_a_packer_never_deadlock() {
    let mut bench = Bench::new().await;
    let are_done = Cell::new(false);
    let writing = async {
        futures_util::future::join_all((0..8).map(|seed| {
            let mut store = store(&bench.database);
            async move {
                let mut random = Rng::with_seed(seed);
                for _batch in 0..25 {
                    // Quarters in any order, each of them taken by others and by the packer at the same time.
                    let sent: Vec<_> = (0..20)
                        .map(|_| hours_ago(["alpha", "beta"][random.usize(..2)], "a", random.u64(1..6)))
                        .collect();
                    flush(&mut store, &mut prepare(&sent)).await.unwrap();
                }
            }
        }))
        .await;
        are_done.set(true);
    };
    let packing = async {
        let (keeper, mut packed) = (bench.keeper().await, 0);
        while !are_done.get() {
            packed += pack(&keeper).await.unwrap().quarters;
        }
        packed
    };

    let ((), packed) = tokio::join!(writing, packing);

    assert!(packed > 10, "{packed}: a late event makes its row again");
    let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(bench.number(deadlocks).await, 0);
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (8 * 25 * 20, 0));
    bench.assert_equal_a_recount().await;
}

#[tokio::test]
async fn a_row_that_a_writer_holds_is_left_for_the_next_time() {
    let mut bench = Bench::new().await;
    bench.store(&[hours_ago("alpha", "a", 2), hours_ago("beta", "a", 2)]).await;
    let mut writer = bench.database.client().await;
    let transaction = writer.transaction().await.unwrap();
    let hold =
        "update quarter_hour_stats set impressions_count = impressions_count + 1 where project_id = 'alpha'";
    transaction.execute(hold, &[]).await.unwrap();

    assert_eq!(bench.pack().await.quarters, 1, "that of beta, without waiting");

    transaction.rollback().await.unwrap();
    assert_eq!(bench.pack().await.quarters, 1);
    bench.assert_equal_a_recount().await;
}

#[tokio::test]
async fn a_pack_that_is_cut_off_half_way_changes_nothing() {
    let mut bench = Bench::new().await;
    bench.store(&[hours_ago("alpha", "a", 30)]).await;
    bench.fold().await;
    for (table, step) in [("packed_quarters", "pack_quarters"), ("packed_places", "pack_values")] {
        let fail = format!(
            "create or replace function fail() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
             create trigger fail after insert on {table} for each row execute function fail()"
        );
        bench.client.batch_execute(&fail).await.unwrap();
        let keeper = bench.keeper().await;

        assert!(pack(&keeper).await.is_err(), "{step}");

        assert_eq!(bench.number(&format!("select count(*) from {table}")).await, 0);
        bench.assert_equal_a_recount().await;
        bench.client.batch_execute(&format!("drop trigger fail on {table}")).await.unwrap();
    }
    // Between two steps: what the first moved stands, what the second would have is where it was.
    bench.client.batch_execute("select pack_quarters(5000)").await.unwrap();
    bench.assert_equal_a_recount().await;
    bench.pack().await;
    bench.assert_equal_a_recount().await;
}

#[tokio::test]
async fn nobody_packs_while_a_rebuild_counts() {
    let mut bench = Bench::new().await;
    bench.store(&[hours_ago("alpha", "a", 30)]).await;
    bench.fold().await;
    // "FOLD" in ASCII.
    bench.client.batch_execute("select pg_advisory_lock(1179601988)").await.unwrap();
    assert_eq!(bench.pack().await, Packed::default());
    bench.client.batch_execute("select pg_advisory_unlock(1179601988)").await.unwrap();
    assert_eq!(bench.pack().await.quarters, 1);
}

#[tokio::test]
async fn a_large_backlog_is_packed_step_by_step_and_each_step_leaves_the_sums_as_they_were() {
    let mut bench = Bench::new().await;
    let mut random = Rng::with_seed(9);
    for _batch in 0..20 {
        bench.store_prepared(made_up_batch(&mut random, 6)).await;
    }
    bench.fold().await;
    let mut steps = 0;
    for step in ["select pack_quarters(7)", "select pack_values(7)"] {
        while bench.number(step).await > 0 {
            steps += 1;
            bench.assert_equal_a_recount().await;
        }
    }
    assert!(steps > 10, "{steps}");
}
