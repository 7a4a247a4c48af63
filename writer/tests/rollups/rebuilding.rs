//! A day made anew while writers add to it, and in one transaction with what was removed from it.

use std::cell::Cell;
use std::time::Duration;

use fastrand::Rng;
use testkit::envelopes::{envelope, impression};
use testkit::eventually;
use writer::flush::flush;
use writer::fold::level_day;
use writer::recount::{self, Recount};

use crate::support::{Bench, made_up_batch, store};

#[tokio::test]
async fn what_writers_add_during_rebuilds_and_folds_is_neither_lost_nor_doubled() {
    let mut bench = Bench::new().await;
    let mut random = Rng::with_seed(3);
    for _batch in 0..10 {
        bench.store_prepared(made_up_batch(&mut random, 1)).await;
    }
    bench.fold().await;

    let are_done = Cell::new(false);
    let writing = futures_util::future::join_all((0..3).map(|seed| {
        let mut store = store(&bench.database);
        async move {
            let mut random = Rng::with_seed(seed);
            for _batch in 0..60 {
                flush(&mut store, &mut made_up_batch(&mut random, 1)).await.unwrap();
            }
        }
    }));
    let writing = async {
        writing.await;
        are_done.set(true);
    };
    let rebuilding = async {
        let (mut rebuilt, mut rounds) = (0, 0);
        while !are_done.get() {
            let spoil = "update daily_analytics_stats set impressions_count = impressions_count + 7;
                update quarter_hour_stats set open_chat_count = open_chat_count + 5;
                update daily_value_stats set events_count = events_count * 2;
                update daily_visitor_sketches set visitors = ''";
            // A deadlock of this change, which takes rows in any order, is not what is tried here.
            let _spoilt = bench.client.batch_execute(spoil).await;
            let (_folded, differences) = tokio::join!(bench.fold(), bench.rebuild());
            rebuilt += differences.len();
            rounds += 1;
        }
        (rebuilt, rounds)
    };
    let ((), (rebuilt, rounds)) = tokio::join!(writing, rebuilding);

    assert!(rebuilt > 0 && rounds > 1, "{rebuilt} in {rounds} rounds");
    bench.assert_equal_a_recount().await;
    bench.fold().await;
    bench.assert_equal_a_recount().await;
}

#[tokio::test]
async fn what_is_added_between_the_count_and_the_correction_is_kept() {
    let mut bench = Bench::new().await;
    let sent =
        envelope("alpha", vec![impression("https://example.com/"), impression("https://example.com/a")]);
    let date = sent.received_at.to_offset(time::UtcOffset::UTC).date();
    bench.store(&[sent]).await;
    bench.fold().await;
    bench.store(&[envelope("alpha", vec![impression("https://example.com/b")])]).await;
    let spoil = "update daily_analytics_stats set impressions_count = 9; update quarter_hour_stats set impressions_count = 9;
        update daily_value_stats set events_count = 9";
    bench.client.batch_execute(spoil).await.unwrap();

    let mut client = bench.database.client().await;
    client.execute("select pg_advisory_lock($1)", &[&recount::LOCK_KEY]).await.unwrap();
    let snapshot = recount::begin_snapshot(&mut client).await.unwrap();
    let counted = Recount::of(&snapshot, "alpha", date).await.unwrap();
    snapshot.commit().await.unwrap();
    bench
        .store(&[envelope(
            "alpha",
            vec![impression("https://example.com/"), impression("https://example.com/c")],
        )])
        .await;
    assert_eq!(bench.fold().await.deltas, 0, "not while the lock is held");
    let transaction = client.transaction().await.unwrap();
    counted.correct(&transaction).await.unwrap();
    transaction.commit().await.unwrap();

    bench.assert_equal_a_recount().await;
    drop(client);
    eventually("the lock is free", Duration::from_secs(10), async || {
        (bench.fold().await.deltas == 1).then_some(())
    })
    .await;
    bench.assert_equal_a_recount().await;
}

#[tokio::test]
async fn rows_and_rollups_can_change_in_one_transaction() {
    let mut bench = Bench::new().await;
    let (gone, stays) = (
        envelope("alpha", vec![impression("https://example.com/"), impression("https://example.com/gone")]),
        envelope("alpha", vec![impression("https://example.com/")]),
    );
    bench.store(&[gone.clone(), stays]).await;
    bench.fold().await;
    bench.store(&[envelope("alpha", vec![impression("https://example.com/late")])]).await;
    let date = gone.received_at.to_offset(time::UtcOffset::UTC).date();

    let mut client = bench.database.client().await;
    let transaction = client.transaction().await.unwrap();
    let erase = "delete from analytics_impressions where visitor_id = $1";
    transaction.execute(erase, &[&gone.visitor_id]).await.unwrap();
    let differences = recount::rebuild_day_within(&transaction, "alpha", date).await.unwrap();
    bench.assert_equal_a_recount().await;
    transaction.commit().await.unwrap();

    assert!(!differences.is_empty());
    bench.assert_equal_a_recount().await;
    level_day(&mut client, date).await.unwrap();
    bench.assert_equal_a_recount().await;
    assert_eq!(bench.number("select count(*) from daily_values where value = 'example.com/gone'").await, 0);
    let erase = "delete from analytics_impressions";
    let transaction = client.transaction().await.unwrap();
    transaction.execute(erase, &[]).await.unwrap();
    recount::rebuild_day_within(&transaction, "alpha", date).await.unwrap();
    transaction.commit().await.unwrap();
    level_day(&mut client, date).await.unwrap();
    for table in ["daily_analytics_stats", "quarter_hours", "daily_values", "daily_visitors"] {
        assert_eq!(bench.number(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
}

#[tokio::test]
async fn of_expired_or_dropped_rows_there_is_nothing_to_count() {
    let bench = Bench::new().await;
    let today = recount_day(&bench, "now()").await;
    assert!(recount::has_raw_rows(&bench.client, today).await.unwrap());
    let expired = recount_day(&bench, "now() - interval '26 months'").await;
    let dropped = recount_day(&bench, "now() - interval '12 months'").await;
    for gone in [expired, dropped] {
        assert!(!recount::has_raw_rows(&bench.client, gone).await.unwrap(), "{gone}");
    }
}

async fn recount_day(bench: &Bench, moment: &str) -> time::Date {
    let sql = format!("select (({moment}) at time zone 'UTC')::date");
    bench.client.query_one(&sql, &[]).await.unwrap().get(0)
}
