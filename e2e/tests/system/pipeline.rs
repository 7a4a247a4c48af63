//! What goes in at the collector comes out at the reporter, counted once.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::queue::rabbitmq::PublishSession;
use testkit::envelopes;
use testkit::recount::assert_rollups_equal_a_recount;
use uuid::Uuid;

use crate::support::{System, envelope, impression, reporter};

#[tokio::test]
async fn what_goes_in_comes_out_at_the_reporter() {
    let system = System::start().await;
    let reporter = reporter(&system.database.url()).await;
    for place in 0..20 {
        let project = if place < 15 { "alpha" } else { "beta" };
        let events = json!([
            {"type": "impression", "url": "https://example.com/"},
            {"type": "open_chat", "age_ms": 10},
            {"type": "ask_question", "label": "Suggestions", "data": {"question": "Open?"}, "age_ms": 20},
        ]);
        system.accepted(&envelope(project, &events)).await;
    }
    system.stored("analytics_impressions", 20).await;
    system.stored("analytics_events", 40).await;

    let key = system.api_key().await;
    let overview = system.client.get(format!("{}/v1/reports/overview", reporter.public_url()));
    let overview: Value = overview.bearer_auth(key).send().await.unwrap().json().await.unwrap();

    assert_eq!(overview["impressions"]["total"], 20, "{overview}");
    assert_eq!(overview["interactions"]["total"], 40, "{overview}");
    assert_eq!(
        overview["top_widgets"],
        json!([{"project_id": "alpha", "name": "Alpha", "interactions": 30},
               {"project_id": "beta", "name": "Beta", "interactions": 10}])
    );
    assert_eq!(
        overview["impressions_by_widget"],
        json!([{"project_id": "alpha", "name": "Alpha", "impressions": 15},
               {"project_id": "beta", "name": "Beta", "impressions": 5}])
    );
    // The tests' writer has no geo file.
    assert_eq!(overview["places"]["unknown"], 20, "{overview}");
    let counted = assert_rollups_equal_a_recount(&system.database.client().await).await;
    assert_eq!(counted, (20, 40));
}

#[tokio::test]
async fn a_clients_retry_with_the_same_envelope_id_counts_once() {
    let system = System::start().await;
    let body = impression("alpha", "https://example.com/retried");

    system.accepted(&body).await;
    // Stored first, or the twins might meet in one batch and never ask the ledger.
    system.stored("analytics_impressions", 1).await;
    system.accepted(&body).await;
    system.accepted(&body).await;
    // What is accepted later is stored later: when it is there, the retries have been dealt with.
    system.accepted(&impression("alpha", "https://example.com/last")).await;
    system.stored("analytics_impressions", 2).await;
    system.queue_is_empty().await;

    let urls = ["https://example.com/retried", "https://example.com/last"].map(str::to_owned);
    system.assert_stored_exactly(&BTreeSet::from(urls)).await;
}

#[tokio::test]
async fn an_envelope_published_again_in_another_message_counts_once() {
    let system = System::start().await;
    let session = PublishSession::open(&system.broker.config()).await.unwrap();
    let mut channel = session.channel().await.unwrap();
    let twice = envelopes::envelope("alpha", vec![envelopes::impression("https://example.com/twice")]);
    let other = envelopes::envelope("alpha", vec![envelopes::impression("https://example.com/other")]);

    channel.publish(Uuid::now_v7(), &envelopes::message(std::slice::from_ref(&twice))).await.unwrap();
    system.stored("analytics_impressions", 1).await;
    channel.publish(Uuid::now_v7(), &envelopes::message(&[other, twice])).await.unwrap();
    system.stored("analytics_impressions", 2).await;
    system.queue_is_empty().await;

    let urls = ["https://example.com/twice", "https://example.com/other"].map(str::to_owned);
    system.assert_stored_exactly(&BTreeSet::from(urls)).await;
}

#[tokio::test]
async fn what_cannot_be_stored_is_in_quarantine_and_its_neighbours_are_stored() {
    let system = System::start().await;
    let session = PublishSession::open(&system.broker.config()).await.unwrap();
    let mut channel = session.channel().await.unwrap();
    let poison = envelopes::envelope(
        "alpha",
        vec![
            envelopes::impression("https://example.com/good"),
            envelopes::impression("https://example.com/\0"),
        ],
    );
    let neighbour = envelopes::envelope("beta", vec![envelopes::impression("https://example.com/neighbour")]);

    channel.publish(Uuid::now_v7(), b"no message of ours").await.unwrap();
    channel.publish(Uuid::now_v7(), &envelopes::message(&[poison, neighbour])).await.unwrap();
    // Accepted while the project was there, or before the collector knew better.
    let unknown = envelopes::envelope("nobody", vec![envelopes::impression("https://example.com/unknown")]);
    channel.publish(Uuid::now_v7(), &envelopes::message(&[unknown])).await.unwrap();
    system.stored("analytics_impressions", 2).await;
    system.stored("quarantine", 3).await;

    let client = system.database.client().await;
    let rows = client.query("select reason from quarantine order by 1", &[]).await.unwrap();
    let reasons: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(reasons, ["refused", "undecodable", "unknown_project"]);
    let urls = ["https://example.com/good", "https://example.com/neighbour"].map(str::to_owned);
    system.assert_stored_exactly(&BTreeSet::from(urls)).await;
}
