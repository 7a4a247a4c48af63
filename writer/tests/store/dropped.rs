//! What rules dropped is counted once, by project, UTC day of receipt and reason; nothing else is kept of it.

use shared::envelope::{DropReason, Dropped};
use testkit::envelopes::{dropped, envelope, impression, message};
use testkit::recount::assert_rollups_equal_a_recount;
use time::macros::datetime;
use writer::flush::flush;
use writer::store::{QuarantineReason, Store};

use crate::support::{Bench, prepare};

/// `project date reason count` of all that is counted, sorted.
async fn counted(bench: &Bench) -> Vec<String> {
    let sql =
        "select concat_ws(' ', project_id, date, reason, dropped_count) from daily_dropped_stats order by 1";
    bench.client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn drops_are_counted_by_day_of_receipt_and_reason_beside_events_that_are_stored() {
    let mut bench = Bench::new().await;
    let late = datetime!(2026-11-23 23:59:59.999 UTC);
    let early = datetime!(2026-11-24 00:00:00.000 UTC);
    let mut sent = vec![
        dropped("alpha", DropReason::Gpc, 3),
        dropped("alpha", DropReason::Gpc, 2),
        dropped("alpha", DropReason::Dnt, 1),
        dropped("beta", DropReason::Dnt, 100),
        dropped("alpha", DropReason::Gpc, 7),
        envelope("alpha", vec![impression("https://example.com/")]),
    ];
    for (place, envelope) in sent.iter_mut().enumerate() {
        envelope.received_at = if place == 4 { early } else { late };
    }

    let receipt = bench.store(&sent).await.unwrap();

    assert_eq!((receipt.impressions, receipt.quarantined), (1, vec![]));
    assert_eq!(receipt.dropped, [(DropReason::Gpc, 12), (DropReason::Dnt, 101)]);
    let expected = [
        "alpha 2026-11-23 dnt 1",
        "alpha 2026-11-23 gpc 5",
        "alpha 2026-11-24 gpc 7",
        "beta 2026-11-23 dnt 100",
    ];
    assert_eq!(counted(&bench).await, expected);
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 0));
}

#[tokio::test]
async fn a_drop_that_comes_again_changes_nothing() {
    let mut bench = Bench::new().await;
    let sent = dropped("alpha", DropReason::Gpc, 3);
    let mut retry = sent.clone();
    retry.received_at += time::Duration::days(1);

    let both = bench.store(&[sent.clone(), retry.clone()]).await.unwrap();
    let again = bench.store(&[retry]).await.unwrap();

    assert_eq!((both.dropped, both.duplicate_envelopes), (vec![(DropReason::Gpc, 3)], 1));
    assert_eq!((again.dropped, again.duplicate_envelopes), (vec![], 1));
    let expected = format!("alpha {} gpc 3", sent.received_at.date());
    assert_eq!(counted(&bench).await, [expected]);
    assert_rollups_equal_a_recount(&bench.client).await;
}

#[tokio::test]
async fn a_retry_that_meets_another_rule_than_its_first_try_is_not_counted_again() {
    let mut bench = Bench::new().await;
    let events = vec![impression("https://example.com/")];
    let (stored, first_dropped) = (envelope("alpha", events.clone()), dropped("alpha", DropReason::Gpc, 1));
    let mut then_dropped = dropped("alpha", DropReason::Gpc, 1);
    then_dropped.envelope_id = stored.envelope_id;
    let mut then_sent = envelope("alpha", events);
    then_sent.envelope_id = first_dropped.envelope_id;
    bench.store(&[stored, first_dropped]).await.unwrap();

    let receipt = bench.store(&[then_dropped, then_sent]).await.unwrap();

    assert_eq!((receipt.impressions, receipt.duplicate_envelopes), (0, 1));
    assert_eq!(receipt.quarantined, [(QuarantineReason::IdReuse, 1)], "events that came are kept");
    assert_eq!(receipt.dropped, []);
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 0));
}

#[tokio::test]
async fn drops_of_an_unknown_project_are_counted_and_fail_no_batch() {
    let mut bench = Bench::new().await;
    let sent = [dropped("nobody", DropReason::Dnt, 2), envelope("alpha", vec![impression("https://e.com/")])];

    let receipt = bench.store(&sent).await.unwrap();

    assert_eq!((receipt.impressions, receipt.quarantined), (1, vec![]));
    assert_eq!(counted(&bench).await.len(), 1);
    let sql = "select stored_count, quarantined_count, dropped_count from ingest_ledger where project_id = 'nobody'";
    let ledger = bench.client.query_one(sql, &[]).await.unwrap();
    assert_eq!((ledger.get::<_, i32>(0), ledger.get::<_, i32>(1), ledger.get::<_, i32>(2)), (0, 0, 2));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 0));
}

#[tokio::test]
async fn what_is_quarantined_of_a_partly_dropped_envelope_carries_no_drop_along() {
    let mut bench = Bench::new().await;
    let mut sent = envelope("nobody", vec![impression("https://example.com/")]);
    sent.dropped = Some(Dropped { reason: DropReason::Gpc, events: 4 });

    bench.store(&[sent]).await.unwrap();

    let row = bench.client.query_one("select payload from quarantine", &[]).await.unwrap();
    let kept = shared::envelope::decode_message(row.get(0)).unwrap();
    assert_eq!((kept[0].dropped, kept[0].events.len()), (None, 1));
    assert_rollups_equal_a_recount(&bench.client).await;
}

#[tokio::test]
async fn a_batch_of_drops_alone_is_stored_without_a_heartbeat() {
    let mut bench = Bench::new().await;

    bench.store(&[dropped("alpha", DropReason::Gpc, u16::MAX)]).await.unwrap();

    assert_eq!(bench.count("writer_heartbeat").await, 0, "the ledger's row is what the commit writes");
    assert_rollups_equal_a_recount(&bench.client).await;
}

#[tokio::test]
async fn eight_writers_with_the_same_drops_in_any_order_count_each_once() {
    let bench = Bench::new().await;
    let sent: Vec<_> = (0..64)
        .map(|place| dropped(["alpha", "beta", "nobody"][place % 3], DropReason::ALL[place % 2], 1))
        .collect();
    let url = bench.database.url();

    let writers = (0..8).map(|writer| {
        let (url, mut own) = (url.clone(), sent.clone());
        fastrand::Rng::with_seed(writer).shuffle(&mut own);
        async move {
            let mut store = Store::new(url.parse().unwrap());
            for part in own.chunks(16) {
                flush(&mut store, &mut prepare(&[message(part)])).await.unwrap();
            }
        }
    });
    futures_util::future::join_all(writers).await;

    let sum = "select sum(dropped_count)::bigint from daily_dropped_stats";
    assert_eq!(bench.client.query_one(sum, &[]).await.unwrap().get::<_, i64>(0), 64);
    assert_rollups_equal_a_recount(&bench.client).await;
}
