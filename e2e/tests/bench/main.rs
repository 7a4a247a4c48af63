//! The benchmarks' own parts, on a real broker: a figure is worth no more than what it was counted with.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod history;

use std::time::Duration;

use collector::payload;
use e2e::drain::{Comparison, compare, drain};
use e2e::load::{self, Plan, Report};
use e2e::workload::{PROJECTS, Workload, projects};
use reqwest::StatusCode;
use serde_json::{Value, json};
use shared::clock;
use shared::envelope::{DropReason, Dropped, EncodedEnvelope, Envelope, encode_message};
use shared::ids::ProjectId;
use shared::queue::rabbitmq::PublishSession;
use testkit::{Service, TestBroker, eventually};
use uuid::Uuid;

#[test]
fn the_collector_takes_every_request_of_the_workload() {
    let mut workload = Workload::new(1);
    let mut bytes = Vec::new();
    for events in [1, 20, 100].into_iter().cycle().take(3_000) {
        let id = Uuid::now_v7();
        workload.request(events).write_with(id, &mut bytes);
        let body = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;

        let payload = payload::parse(&bytes[body..], clock::now()).unwrap();

        assert_eq!(payload.envelope_id.unwrap().as_uuid(), id);
        assert_eq!(payload.events.len(), events);
    }
}

#[test]
fn the_workloads_projects_can_all_exist() {
    assert_eq!(projects().count(), PROJECTS);
    projects().for_each(|(id, _)| drop(id.parse::<ProjectId>().unwrap()));
}

#[tokio::test]
async fn a_drained_queue_is_empty_and_what_was_in_it_is_known() {
    let config = TestBroker::create().config();
    let session = PublishSession::open(&config).await.unwrap();
    let mut channel = session.channel().await.unwrap();
    let ids: Vec<Uuid> = (0..250).map(|_| Uuid::now_v7()).collect();
    for id in &ids {
        let envelopes = [encoded(*id), encoded(ids[0])];
        channel.publish(Uuid::now_v7(), &encode_message(&envelopes)).await.unwrap();
    }

    let drained = drain(&config).await.unwrap();

    let expected = Comparison { messages: 250, envelopes: 500, missing: 0, doubled: 250, unexpected: 0 };
    assert_eq!(compare(&ids, &drained), expected);
    assert!(drain(&config).await.unwrap().envelope_ids.is_empty());
}

fn encoded(envelope_id: Uuid) -> EncodedEnvelope {
    let envelope_id = envelope_id.try_into().unwrap();
    let dropped = Dropped { reason: DropReason::Gpc, events: 1 };
    let project_id = "booking-bot".parse().unwrap();
    EncodedEnvelope::new(Envelope::of_dropped(envelope_id, project_id, clock::now(), dropped)).unwrap()
}

fn body() -> Value {
    json!({
        "project_id": "booking-bot", "visitor_id": Uuid::nil(), "session_id": Uuid::nil(),
        "events": [{ "type": "open_chat" }],
    })
}

/// A server of this kind, what a short run against it found, and what then is in its queue.
async fn run_against(kind: &str) -> (Report, Comparison) {
    let broker = TestBroker::create();
    let server = Service::spawn(
        "bench-server",
        &[
            ("FOOTFALL_BENCH_SERVER", kind),
            ("AMQP_URL", broker.url()),
            ("FOOTFALL_QUEUE_PREFIX", broker.prefix()),
            // Nothing listens there: every project is taken to exist.
            ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing"),
            ("FOOTFALL_PUBLIC_ADDR", "127.0.0.1:0"),
            ("FOOTFALL_OPS_ADDR", "127.0.0.1:0"),
            // A busy machine is no slow queue.
            ("FOOTFALL_ANSWER_LIMIT_MS", "10000"),
            ("FOOTFALL_ADDRESS_REQUESTS_PER_S", "0"),
            ("FOOTFALL_PROJECT_EVENTS_PER_S", "0"),
        ],
    )
    .await;
    eventually("the server accepts", Duration::from_secs(30), async || {
        let url = format!("{}/v1/events", server.public_url());
        let answer = reqwest::Client::new().post(url).json(&body()).send().await.ok()?;
        (answer.status() == StatusCode::ACCEPTED).then_some(())
    })
    .await;
    let file = std::env::temp_dir().join(format!("footfall-ids-{}", Uuid::now_v7()));
    let plan = Plan {
        addr: server.public_url().trim_start_matches("http://").parse().unwrap(),
        connections: 8,
        threads: 2,
        events_per_request: 3,
        rate_per_s: None,
        warm_up_ms: 100,
        measured_ms: 500,
        accepted_ids: Some(file.clone()),
    };
    let report = tokio::task::spawn_blocking(|| load::run(plan)).await.unwrap().unwrap();
    let ids = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let ids: Vec<Uuid> = ids.chunks_exact(16).map(|id| Uuid::from_slice(id).unwrap()).collect();
    assert_eq!(ids.len() as u64, report.accepted);
    (report, compare(&ids, &drain(&broker.config()).await.unwrap()))
}

#[tokio::test]
async fn each_202_of_the_collector_is_in_the_queue_once() {
    for kind in ["collector", "ungrouped"] {
        let (report, queue) = run_against(kind).await;
        assert!(report.accepted > 0, "{report:?}");
        assert_eq!((report.unanswered, queue.missing, queue.doubled), (0, 0, 0), "{queue:?}");
        if kind == "ungrouped" {
            assert_eq!(queue.messages, queue.envelopes);
        }
    }
}

#[tokio::test]
async fn the_plain_handler_takes_the_same_requests_and_queues_none() {
    let (report, queue) = run_against("plain").await;
    assert_eq!(report.sent, report.accepted);
    assert_eq!(
        (queue.envelopes, queue.missing),
        (0, report.accepted),
        "a 202 that is not in the queue shows"
    );
}
