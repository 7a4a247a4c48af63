//! Whatever the collector accepts, Postgres stores: hostile envelopes through the collector's parser into a real COPY.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use collector::payload::{self, ValidPayload, clean};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use shared::envelope::Envelope;
use shared::event::{AGE_MS_MAX, InteractionType};
use shared::ids::EnvelopeId;
use shared::queue::Delivery;
use testkit::TestDatabase;
use testkit::envelopes::message;
use testkit::recount::assert_rollups_equal_a_recount;
use writer::batch::Batch;
use writer::enrich::Enricher;
use writer::enrich::geo::Geo;
use writer::flush::flush;
use writer::store::Store;

/// Bodies that are tried.
const BODIES: usize = 4_000;
/// Envelopes stored in one transaction.
const ENVELOPES_PER_BATCH: usize = 200;

/// Any text, with what has broken a COPY before more often than chance would have it.
fn text() -> impl Strategy<Value = String> {
    let known = prop_oneof![
        Just("\0".to_owned()),
        Just("a\0b\0".to_owned()),
        Just("\u{fffe}\u{ffff}\u{202e}\u{1}\u{7f}".to_owned()),
        Just("\u{feff}😀\u{10ffff}".to_owned()),
        Just("\\u0000\\ud800 \\N \\. \t\r\n\"'".to_owned()),
        Just("x".repeat(2_040)),
        Just("é".repeat(1_024)),
    ];
    prop_oneof![3 => any::<String>(), 1 => known]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop_oneof![Just(1e15), Just(-1e15), Just(5e-324), Just(-0.0)].prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(20, 40, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            object(inner).prop_map(Value::from),
        ]
    })
}

fn object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((text(), value), 0..3).prop_map(|pairs| pairs.into_iter().collect())
}

fn age_ms() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(AGE_MS_MAX), 0..=AGE_MS_MAX, any::<u64>()]
}

fn event() -> impl Strategy<Value = Value> {
    let url = text().prop_map(|text| format!("https://{text}"));
    let impression = (url, text(), age_ms()).prop_map(
        |(url, referrer, age_ms)| json!({"type": "impression", "url": url, "referrer": referrer, "age_ms": age_ms}),
    );
    let kind = prop::sample::select(InteractionType::ALL.to_vec());
    let interaction = (kind, text(), object(value()), age_ms()).prop_map(
        |(kind, label, data, age_ms)| json!({"type": kind, "label": label, "data": data, "age_ms": age_ms}),
    );
    prop_oneof![impression, interaction]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(event(), 1..3).prop_map(|events| {
        let id = "01938d5e-7c00-7000-8000-000000000001";
        let body = json!({"project_id": "alpha", "visitor_id": id, "session_id": id, "events": events});
        serde_json::to_vec(&body).unwrap()
    })
}

/// As the collector's handler makes it.
fn envelope(payload: ValidPayload, user_agent: &str) -> Envelope {
    Envelope {
        envelope_id: EnvelopeId::mint(),
        project_id: payload.project_id,
        received_at: shared::clock::now(),
        client: None,
        user_agent: Some(clean(user_agent).into_owned()),
        visitor_id: payload.visitor_id,
        session_id: payload.session_id,
        events: payload.events,
    }
}

#[tokio::test]
async fn whatever_the_collector_accepts_postgres_stores() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    client.batch_execute("insert into projects values ('alpha', 'Alpha')").await.unwrap();
    let mut runner = TestRunner::deterministic();
    let samples = (0..BODIES).map(|_| {
        let tree = (body(), text()).new_tree(&mut runner).unwrap();
        tree.current()
    });
    let accepted: Vec<Envelope> = samples
        .filter_map(|(body, user_agent)| Some(envelope(payload::parse(&body).ok()?, &user_agent)))
        .collect();
    let events: usize = accepted.iter().map(|envelope| envelope.events.len()).sum();
    assert!((BODIES / 10..BODIES).contains(&accepted.len()), "{} of {BODIES} accepted", accepted.len());

    let mut store = Store::new(database.url().parse().unwrap());
    let enricher = Enricher::new(Geo::open(&[]).unwrap());
    for part in accepted.chunks(ENVELOPES_PER_BATCH) {
        let mut batch = Batch::default();
        batch.add(Delivery { body: message(part), returned_count: 0, tag: 1 });
        let receipt = flush(&mut store, &mut enricher.prepare(batch)).await.unwrap();
        assert_eq!(receipt.quarantined, [], "accepted, and refused by Postgres");
    }

    let (impressions, interactions) = assert_rollups_equal_a_recount(&client).await;
    assert_eq!(usize::try_from(impressions + interactions).unwrap(), events);
}
