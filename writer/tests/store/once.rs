//! Each event once, whoever brings it again.

use serde_json::{Value, json};
use shared::envelope::decode_message;
use shared::event::InteractionType;
use testkit::envelopes::{envelope, impression, interaction, message};
use testkit::recount::assert_rollups_equal_a_recount;
use writer::flush::flush;
use writer::store::{QuarantineReason, Store};

use crate::support::{Bench, prepare};

#[tokio::test]
async fn a_batch_is_stored_column_by_column_with_its_rollups() {
    let mut bench = Bench::new().await;
    let data = json!({"question": "Open on Sunday?"});
    let sent = envelope(
        "alpha",
        vec![impression("https://example.com/"), interaction(InteractionType::AskQuestion, &data)],
    );

    let receipt = bench.store(std::slice::from_ref(&sent)).await.unwrap();

    assert_eq!((receipt.impressions, receipt.interactions), (1, 1));
    let row = bench.client.query_one("select project_id, visitor_id, session_id, url, referrer, user_agent, geo_country, created_at from analytics_impressions", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "alpha");
    assert_eq!(
        (row.get::<_, Option<uuid::Uuid>>(1), row.get::<_, Option<uuid::Uuid>>(2)),
        (sent.visitor_id, sent.session_id)
    );
    assert_eq!((row.get::<_, &str>(3), row.get::<_, Option<&str>>(4)), ("https://example.com/", None));
    assert_eq!(row.get::<_, Option<&str>>(5), sent.user_agent.as_deref());
    assert_eq!(row.get::<_, Option<&str>>(6), None);
    assert_eq!(row.get::<_, time::OffsetDateTime>(7), sent.received_at);
    let row = bench
        .client
        .query_one("select event_type::text, event_label, event_data from analytics_events", &[])
        .await
        .unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, Option<&str>>(1)), ("ask_question", None));
    assert_eq!(row.get::<_, Value>(2), data);
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 1));
}

#[tokio::test]
async fn an_envelope_that_comes_again_changes_nothing() {
    let mut bench = Bench::new().await;
    let sent = [envelope("alpha", vec![impression("https://example.com/")])];
    bench.store(&sent).await.unwrap();

    let again = bench.store(&sent).await.unwrap();

    assert_eq!((again.impressions, again.duplicate_envelopes), (0, 1));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 0));
}

#[tokio::test]
async fn twins_in_one_batch_are_stored_once() {
    let mut bench = Bench::new().await;
    let sent = envelope("alpha", vec![impression("https://example.com/")]);
    let mut retry = sent.clone();
    retry.received_at += time::Duration::seconds(2);

    let receipt = bench.store(&[sent, retry]).await.unwrap();

    assert_eq!((receipt.impressions, receipt.duplicate_envelopes), (1, 1));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 0));
}

#[tokio::test]
async fn an_id_used_again_for_other_events_is_kept_in_quarantine_whichever_batch_it_comes_in() {
    let mut bench = Bench::new().await;
    let first = envelope("alpha", vec![impression("https://example.com/1")]);
    let mut other = first.clone();
    other.events = vec![impression("https://example.com/2"), impression("https://example.com/3")];

    let receipt = bench.store(&[first, other.clone()]).await.unwrap();
    let again = bench.store(&[other]).await.unwrap();

    assert_eq!((receipt.impressions, receipt.quarantined), (1, vec![(QuarantineReason::IdReuse, 2)]));
    assert_eq!((again.impressions, again.quarantined), (0, vec![]), "kept once");
    assert_eq!(
        bench.quarantined().await,
        [("id_reuse".to_owned(), Some(0)), ("id_reuse".to_owned(), Some(1))]
    );
}

#[tokio::test]
async fn an_id_is_a_projects_own_so_nobody_can_suppress_anothers_events() {
    let mut bench = Bench::new().await;
    let alpha = envelope("alpha", vec![impression("https://example.com/")]);
    let mut beta = alpha.clone();
    beta.project_id = "beta".parse().unwrap();

    let receipt = bench.store(&[alpha, beta]).await.unwrap();

    assert_eq!((receipt.impressions, receipt.duplicate_envelopes), (2, 0));
}

#[tokio::test]
async fn events_of_an_unknown_project_are_kept_and_their_neighbours_stored() {
    let mut bench = Bench::new().await;
    let unknown =
        envelope("nobody", vec![impression("https://example.com/"), impression("https://example.com/2")]);
    let known = envelope("alpha", vec![impression("https://example.com/")]);

    let receipt = bench.store(&[unknown.clone(), known]).await.unwrap();
    let again = bench.store(std::slice::from_ref(&unknown)).await.unwrap();

    assert_eq!((receipt.impressions, receipt.quarantined), (1, vec![(QuarantineReason::UnknownProject, 2)]));
    assert_eq!((again.duplicate_envelopes, again.quarantined), (1, vec![]));
    let row =
        bench.client.query_one("select payload from quarantine where event_index = 1", &[]).await.unwrap();
    let kept = decode_message(row.get(0)).unwrap();
    assert_eq!(kept[0].events, unknown.events[1..], "the payload can be stored later");
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_kept_once_and_its_neighbours_stored() {
    let mut bench = Bench::new().await;
    let bodies =
        [b"\xff\0junk".to_vec(), message(&[envelope("alpha", vec![impression("https://example.com/")])])];

    let receipt = bench.store_bodies(&bodies).await.unwrap();
    let again = bench.store_bodies(&bodies).await.unwrap();

    assert_eq!((receipt.impressions, receipt.quarantined), (1, vec![(QuarantineReason::Undecodable, 1)]));
    assert_eq!((again.duplicate_envelopes, again.quarantined), (1, vec![]));
    let row = bench.client.query_one("select payload from quarantine", &[]).await.unwrap();
    assert_eq!(row.get::<_, &[u8]>(0), b"\xff\0junk");
}

#[tokio::test]
async fn a_batch_of_duplicates_alone_still_writes_so_that_its_commit_waits_for_a_standby() {
    let mut bench = Bench::new().await;
    let sent = [envelope("alpha", vec![impression("https://example.com/")])];
    bench.store(&sent).await.unwrap();
    assert_eq!(bench.count("writer_heartbeat").await, 0);

    bench.store(&sent).await.unwrap();

    assert_eq!(bench.count("writer_heartbeat").await, 1);
}

#[tokio::test]
async fn eight_writers_with_the_same_envelopes_in_any_order_store_each_once() {
    let bench = Bench::new().await;
    let project = |place: usize| if place.is_multiple_of(3) { "beta" } else { "alpha" };
    let sent: Vec<_> =
        (0..64).map(|place| envelope(project(place), vec![impression("https://example.com/")])).collect();
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

    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (64, 0));
    assert_eq!(bench.count("ingest_ledger").await, 64);
}
