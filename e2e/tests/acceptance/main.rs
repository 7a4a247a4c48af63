//! Whatever the collector accepts, Postgres stores: hostile requests through the collector's parser into a real COPY.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod raw;
mod requests;
mod values;

use std::collections::BTreeMap;
use std::ops::AddAssign;

use collector::payload::{self, RejectReason, ValidPayload};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use shared::envelope::{Envelope, RobotSigns};
use shared::ids::EnvelopeId;
use shared::queue::Delivery;
use shared::settings::Settings;
use testkit::TestDatabase;
use testkit::envelopes::message;
use testkit::recount::assert_rollups_equal_a_recount;
use time::OffsetDateTime;
use writer::batch::Batch;
use writer::enrich::Enricher;
use writer::enrich::geo::Geo;
use writer::flush::flush;
use writer::store::Store;

use crate::requests::{Class, Request, request};

/// Requests that are tried; `FOOTFALL_ACCEPTANCE_CASES` asks for more.
const CASES: usize = 6_000;
/// Of the requests of each class, at least one in so many must be accepted, and as many refused: or it tests nothing.
const EACH_FATE_ONE_IN: usize = 25;
/// Envelopes stored in one transaction.
const ENVELOPES_PER_BATCH: usize = 200;

/// How many requests of a class were accepted, and how many refused.
#[derive(Debug, Default, Clone, Copy)]
struct Fates {
    accepted: usize,
    refused: usize,
}

/// What the parser makes of a request.
fn parse(request: &Request, now: OffsetDateTime) -> Result<ValidPayload, RejectReason> {
    match request {
        Request::Body(body) => payload::parse(body, now),
        Request::Pixel { query, referer } => payload::from_query(query, referer.as_deref()),
    }
}

/// As the collector's handler makes it; what is stated counts, as with a project's key.
fn envelope(payload: ValidPayload, user_agent: &str, received_at: OffsetDateTime) -> Envelope {
    let stated = payload.stated;
    Envelope {
        // Not the client's: two generated envelopes may have the same.
        envelope_id: EnvelopeId::mint(),
        project_id: payload.project_id,
        received_at,
        sent_at: stated.as_ref().and_then(|stated| stated.sent_at),
        client: stated.as_ref().and_then(|stated| stated.address),
        user_agent: stated.map_or_else(|| payload::user_agent(user_agent), |stated| stated.user_agent),
        visitor_id: payload.visitor_id,
        session_id: payload.session_id,
        dropped: None,
        robot: RobotSigns::default(),
        events: payload.events,
    }
}

#[tokio::test]
async fn whatever_the_collector_accepts_postgres_stores() {
    let cases = Settings::from_env().or("FOOTFALL_ACCEPTANCE_CASES", CASES, "requests to try").unwrap();
    let database = TestDatabase::create().await;
    let client = database.client().await;
    client
        .batch_execute("insert into projects (project_id, name, keep_bots) values ('alpha', 'Alpha', true)")
        .await
        .unwrap();
    let mut store = Store::new(database.url().parse().unwrap());
    let enricher = Enricher::new(Geo::open(&[]).unwrap());

    let now = shared::clock::now();
    let requests = (request(now), values::text());
    let mut runner = TestRunner::deterministic();
    let (mut fates, mut events, mut accepted) = (BTreeMap::<Class, Fates>::new(), 0, Vec::new());
    for case in 1..=cases {
        let ((class, request), user_agent) = requests.new_tree(&mut runner).unwrap().current();
        let fates = fates.entry(class).or_default();
        match parse(&request, now) {
            Ok(payload) => {
                fates.accepted.add_assign(1);
                events += payload.events.len();
                accepted.push(envelope(payload, &user_agent, now));
            }
            Err(_refusal) => fates.refused.add_assign(1),
        }
        if accepted.len() == ENVELOPES_PER_BATCH || case == cases {
            let mut batch = Batch::default();
            batch.add(Delivery { body: message(&accepted), returned_count: 0, tag: 1 });
            let receipt = flush(&mut store, &mut enricher.prepare(batch)).await.unwrap();
            assert_eq!(receipt.quarantined, [], "accepted, and refused by Postgres");
            accepted.clear();
        }
    }

    for class in Class::ALL {
        let Fates { accepted, refused } = fates.get(&class).copied().unwrap_or_default();
        let fewest = cases / Class::ALL.len() / EACH_FATE_ONE_IN;
        assert!(accepted >= fewest && refused >= fewest, "{class:?}: {fates:?}");
    }
    let (impressions, interactions) = assert_rollups_equal_a_recount(&client).await;
    assert_eq!(usize::try_from(impressions + interactions).unwrap(), events);
}
