//! What is in quarantine, tried again: counted once, whatever happens to a try.

use serde_json::json;
use shared::envelope::Envelope;
use shared::event::InteractionType;
use testkit::envelopes::{envelope, impression, interaction, message};
use testkit::recount::assert_rollups_equal_a_recount;
use writer::enrich::Enricher;
use writer::enrich::geo::Geo;
use writer::store::{QuarantineReason, Replayed, Store, StoreError};

use crate::support::Bench;

fn enricher() -> Enricher {
    Enricher::new(Geo::open(&[]).unwrap())
}

async fn ids(bench: &Bench) -> Vec<i64> {
    let sql = "select quarantine_id from quarantine order by 1";
    bench.client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn replay_all(bench: &mut Bench) -> Vec<Replayed> {
    let mut outcomes = Vec::new();
    for id in ids(bench).await {
        outcomes.push(bench.store.replay(&enricher(), id).await.unwrap());
    }
    outcomes
}

/// `(stored, quarantined)` of all that the ledger has.
async fn ledger(bench: &Bench) -> (i64, i64) {
    let sql = "select sum(stored_count), sum(quarantined_count) from ingest_ledger";
    let row = bench.client.query_one(sql, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

async fn add_project(bench: &Bench) {
    bench.client.batch_execute("insert into projects values ('late', 'Late')").await.unwrap();
}

/// An envelope of a project that does not exist yet.
fn early() -> Envelope {
    let data = json!({"question": "Open?"});
    envelope("late", vec![impression("https://e.com/"), interaction(InteractionType::AskQuestion, &data)])
}

#[tokio::test]
async fn events_of_a_project_that_was_added_later_are_counted_once_and_their_retry_changes_nothing() {
    let mut bench = Bench::new().await;
    let sent = early();
    bench.store(std::slice::from_ref(&sent)).await.unwrap();
    assert!(matches!(&replay_all(&mut bench).await[..], [Replayed::Stays(_), Replayed::Stays(_)]));
    assert_eq!((ledger(&bench).await, bench.count("quarantine").await), ((0, 2), 2));
    add_project(&bench).await;
    let entries = ids(&bench).await;

    let first = replay_all(&mut bench).await;
    let second = bench.store.replay(&enricher(), entries[0]).await.unwrap();
    let retry = bench.store(&[sent]).await.unwrap();

    assert_eq!((first, second), (vec![Replayed::Stored(1); 2], Replayed::Gone));
    assert_eq!((retry.impressions, retry.duplicate_envelopes, retry.quarantined), (0, 1, vec![]));
    assert_eq!((ledger(&bench).await, bench.count("quarantine").await), ((2, 0), 0));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 1));
}

#[tokio::test]
async fn of_two_replays_at_once_one_counts() {
    let mut bench = Bench::new().await;
    bench.store(&[early()]).await.unwrap();
    add_project(&bench).await;
    let entry = ids(&bench).await[0];
    let url = bench.database.url();

    let tries = (0..8).map(|_| {
        let mut store = Store::new(url.parse().unwrap());
        async move { store.replay(&enricher(), entry).await.unwrap() }
    });
    let mut outcomes = futures_util::future::join_all(tries).await;

    outcomes.sort_by_key(|outcome| *outcome == Replayed::Gone);
    assert_eq!(outcomes[0], Replayed::Stored(1));
    assert_eq!(outcomes[1..], [const { Replayed::Gone }; 7]);
    assert_eq!(ledger(&bench).await, (1, 1));
    let (impressions, interactions) = assert_rollups_equal_a_recount(&bench.client).await;
    assert_eq!(impressions + interactions, 1);
}

#[tokio::test]
async fn a_replay_that_is_killed_at_its_last_statement_changes_nothing_and_the_next_one_counts() {
    let mut bench = Bench::new().await;
    bench.store(&[early()]).await.unwrap();
    add_project(&bench).await;
    let kill = "
        create function die() returns trigger language plpgsql as
        $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(60); return old; end $$;
        create trigger die before delete on quarantine for each row execute function die();
        alter table quarantine enable always trigger die";
    bench.client.batch_execute(kill).await.unwrap();
    let entry = ids(&bench).await[0];

    let killed = bench.store.replay(&enricher(), entry).await;
    assert!(matches!(killed, Err(StoreError::Away(_))), "{killed:?}");
    assert_eq!((ledger(&bench).await, bench.count("quarantine").await), ((0, 2), 2));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (0, 0));
    bench.client.batch_execute("drop trigger die on quarantine").await.unwrap();

    assert_eq!(replay_all(&mut bench).await, [Replayed::Stored(1), Replayed::Stored(1)]);
    assert_eq!(ledger(&bench).await, (2, 0));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 1));
}

#[tokio::test]
async fn what_postgres_still_refuses_stays() {
    let mut bench = Bench::new().await;
    bench
        .store(&[envelope("alpha", vec![impression("https://e.com/\0"), impression("https://e.com/")])])
        .await
        .unwrap();

    let outcome = replay_all(&mut bench).await;

    assert!(matches!(&outcome[..], [Replayed::Stays(detail)] if detail.starts_with("22021")), "{outcome:?}");
    assert_eq!((ledger(&bench).await, bench.count("quarantine").await), ((1, 1), 1));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 0));
}

#[tokio::test]
async fn an_event_that_reused_an_id_is_counted_once_however_often_it_comes_and_is_replayed() {
    let mut bench = Bench::new().await;
    let first = envelope("alpha", vec![impression("https://e.com/1")]);
    let mut reused = first.clone();
    reused.events = vec![impression("https://e.com/2")];
    bench.store(&[first, reused.clone()]).await.unwrap();

    assert_eq!(replay_all(&mut bench).await, [Replayed::Stored(1)]);
    let again = bench.store(&[reused]).await.unwrap();
    assert_eq!(again.quarantined, [(QuarantineReason::IdReuse, 1)], "its envelope still reuses an id");
    assert_eq!(replay_all(&mut bench).await, [Replayed::Duplicate]);

    assert_eq!((ledger(&bench).await, bench.count("quarantine").await), ((2, 0), 0));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (2, 0));
}

#[tokio::test]
async fn a_message_that_cannot_be_read_stays_until_it_can_be() {
    let mut bench = Bench::new().await;
    bench.store_bodies(&[b"\xff\0junk".to_vec()]).await.unwrap();
    assert!(matches!(&replay_all(&mut bench).await[..], [Replayed::Stays(_)]));
    // As if this build could read what the one before it could not.
    let sent = [envelope("alpha", vec![impression("https://e.com/")])];
    bench.client.execute("update quarantine set payload = $1", &[&message(&sent)]).await.unwrap();

    assert_eq!(replay_all(&mut bench).await, [Replayed::Stored(1)]);
    let retry = bench.store(&sent).await.unwrap();

    assert_eq!((retry.duplicate_envelopes, bench.count("quarantine").await), (1, 0));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 0));
}
