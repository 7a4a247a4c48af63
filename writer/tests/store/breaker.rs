//! A writer stops before it fills the quarantine, and goes on when what was wrong is mended.

use shared::envelope::Envelope;
use testkit::envelopes::{envelope, impression, message};
use testkit::recount::assert_rollups_equal_a_recount;
use writer::breaker::BAD_ROWS_MAX;
use writer::flush::flush;
use writer::store::{Store, StoreError};

use crate::support::{Bench, prepare};

const REFUSE_ALL: &str =
    "alter table analytics_impressions add constraint refuse_all check (false) not valid";

/// Envelopes of ten events each, so many events in all.
fn rows(project: &str, count: usize, url: &str) -> Vec<Envelope> {
    (0..count / 10).map(|_| envelope(project, vec![impression(url); 10])).collect()
}

fn most() -> i64 {
    BAD_ROWS_MAX.cast_signed()
}

#[tokio::test]
async fn a_database_that_refuses_everything_is_given_no_more_than_the_limit() {
    let mut bench = Bench::new().await;
    bench.client.batch_execute(REFUSE_ALL).await.unwrap();
    let batches: Vec<_> = (0..6).map(|_| rows("alpha", 40, "https://e.com/")).collect();

    let mut outcomes = Vec::new();
    for batch in &batches {
        outcomes.push(bench.store(batch).await);
    }
    // Another process begins where this one is.
    bench.store = Store::new(bench.database.url().parse().unwrap());
    let restarted = bench.store(&batches[5]).await;

    let stored = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(stored, 2, "{outcomes:?}");
    assert!(outcomes[2..].iter().all(|outcome| matches!(outcome, Err(StoreError::Alarm(_)))), "{outcomes:?}");
    assert!(matches!(restarted, Err(StoreError::Alarm(_))), "{restarted:?}");
    assert_eq!(bench.count("quarantine").await, 80);
    assert!(bench.count("quarantine").await <= most());
    assert_eq!(bench.count("ingest_ledger").await, 8, "nothing is known of what was not stored");
}

#[tokio::test]
async fn a_large_batch_that_is_refused_leaves_nothing_behind_and_is_stored_when_the_database_is_mended() {
    let mut bench = Bench::new().await;
    bench.client.batch_execute(REFUSE_ALL).await.unwrap();
    let mut batch = prepare(&[message(&rows("alpha", 500, "https://e.com/"))]);

    for _ in 0..2 {
        let refused = flush(&mut bench.store, &mut batch).await;
        assert!(matches!(refused, Err(StoreError::Alarm(_))), "{refused:?}");
    }
    assert_eq!((bench.count("quarantine").await, bench.count("ingest_ledger").await), (0, 0));
    bench.client.batch_execute("alter table analytics_impressions drop constraint refuse_all").await.unwrap();
    let receipt = flush(&mut bench.store, &mut batch).await.unwrap();

    assert_eq!((receipt.impressions, receipt.quarantined), (500, vec![]));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (500, 0));
}

#[tokio::test]
async fn a_handful_of_poison_among_thousands_stops_nothing() {
    let mut bench = Bench::new().await;
    for _ in 0..4 {
        let mut batch = rows("alpha", 1_000, "https://e.com/");
        for poisoned in [3, 57, 99] {
            batch[poisoned].events[4] = impression("https://e.com/\0");
        }
        bench.store(&batch).await.unwrap();
    }

    assert_eq!(bench.count("quarantine").await, 12);
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (3_988, 0));
}

#[tokio::test]
async fn messages_that_cannot_be_read_count_as_well() {
    let mut bench = Bench::new().await;
    // As of a version to come: writers deploy before collectors, and somebody did not.
    let newer = |first: u64, count: u64| -> Vec<Vec<u8>> {
        (first..first + count).map(|place| format!(r#"{{"v":2,"parcels":[{place}]}}"#).into_bytes()).collect()
    };
    bench.store_bodies(&newer(0, BAD_ROWS_MAX)).await.unwrap();
    let stopped = bench.store_bodies(&newer(BAD_ROWS_MAX, 1)).await;

    assert!(matches!(stopped, Err(StoreError::Alarm(_))), "{stopped:?}");
    assert_eq!(bench.count("quarantine").await, most());
}

#[tokio::test]
async fn what_senders_do_wrong_stops_nothing() {
    let mut bench = Bench::new().await;
    let mut poisoned = rows("alpha", 10, "https://e.com/");
    poisoned[0].events[0] = impression("https://e.com/\0");
    bench.store(&poisoned).await.unwrap();
    let unknown = rows("nobody", 300, "https://e.com/");
    bench.store(&unknown).await.unwrap();
    let mut reused = rows("alpha", 300, "https://e.com/1");
    bench.store(&reused).await.unwrap();
    reused.iter_mut().for_each(|envelope| envelope.events = vec![impression("https://e.com/2"); 10]);
    bench.store(&reused).await.unwrap();
    assert_eq!(bench.count("quarantine").await, 601);

    let mut poisoned = rows("alpha", 10, "https://e.com/");
    poisoned[0].events[0] = impression("https://e.com/\0");
    bench.store(&poisoned).await.unwrap();

    assert_eq!(bench.count("quarantine where reason = 'refused'").await, 2);
}

#[tokio::test]
async fn when_people_took_the_entries_out_the_writer_goes_on() {
    let mut bench = Bench::new().await;
    let poison = || rows("alpha", 100, "https://e.com/\0");
    bench.store(&poison()).await.unwrap();
    let stopped = bench.store(&poison()).await;
    assert!(matches!(stopped, Err(StoreError::Alarm(_))), "{stopped:?}");

    bench.client.batch_execute("delete from quarantine").await.unwrap();
    bench.store(&poison()).await.unwrap();

    assert_eq!(bench.count("quarantine").await, most());
}

#[tokio::test]
async fn what_is_refused_at_commit_fills_no_quarantine_however_often_it_is_tried() {
    let mut bench = Bench::new().await;
    // No line is named: the batch is halved, and its halves commit by themselves.
    let refuse_at_commit = "
        create function refuse() returns trigger language plpgsql as
        $$ begin raise exception using errcode = '23514', message = 'refused at commit'; end $$;
        create constraint trigger refuse after insert on analytics_impressions
        deferrable initially deferred for each row execute function refuse();
        do $$ declare child regclass; begin
            for child in select inhrelid from pg_inherits where inhparent = 'analytics_impressions'::regclass loop
                execute format('alter table %s enable always trigger refuse', child);
            end loop;
        end $$";
    bench.client.batch_execute(refuse_at_commit).await.unwrap();
    let mut batch = prepare(&[message(&rows("alpha", 160, "https://e.com/"))]);

    for _ in 0..3 {
        let refused = flush(&mut bench.store, &mut batch).await;
        assert!(matches!(refused, Err(StoreError::Alarm(_))), "{refused:?}");
        assert!(bench.count("quarantine").await <= most());
    }
}
