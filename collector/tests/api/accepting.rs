//! A 202, and what is in the queue then.

use reqwest::StatusCode;
use serde_json::{Value, json};
use shared::event::EventKind;
use testkit::TestBroker;

use crate::support::{Collector, body};

#[tokio::test]
async fn a_202_means_the_envelope_is_in_the_queue() {
    let collector = Collector::new().await.connected().await;
    let body = body();

    let response = collector.post(&body).header("user-agent", "Browser/1").send().await.unwrap();

    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer, json!({"envelope_id": body["envelope_id"], "accepted": 1}));
    let envelopes = collector.next_message().await;
    assert_eq!(json!(envelopes[0].envelope_id), body["envelope_id"]);
    assert_eq!(envelopes[0].user_agent.as_deref(), Some("Browser/1"));
    assert_eq!(envelopes[0].client.unwrap().to_string(), "127.0.0.0");
    assert_eq!(envelopes[0].events[0].age_ms, 1_500);
    assert!(
        matches!(&envelopes[0].events[0].kind, EventKind::Impression { url, .. } if url == "https://example.com/")
    );
}

#[tokio::test]
async fn an_id_is_minted_where_the_client_gave_none() {
    let collector = Collector::new().await.connected().await;
    let mut body = body();
    body.as_object_mut().unwrap().remove("envelope_id");

    let answer: Value = collector.post(&body).send().await.unwrap().json().await.unwrap();

    assert_eq!(json!(collector.next_message().await[0].envelope_id), answer["envelope_id"]);
}

#[tokio::test]
async fn a_forwarded_address_is_taken_from_a_trusted_proxy_and_published_truncated() {
    let broker = TestBroker::create();
    let url = broker.url().to_owned();
    let settings = [("FOOTFALL_TRUSTED_PROXIES", "127.0.0.0/8")];
    let collector = Collector::with(broker, &url, &settings).await.connected().await;

    let request = collector.post(body()).header("x-forwarded-for", "198.51.100.1, 203.0.113.77");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::ACCEPTED);

    assert_eq!(collector.next_message().await[0].client.unwrap().to_string(), "203.0.113.0");
}

#[tokio::test]
async fn a_forwarded_address_from_anyone_else_is_ignored() {
    let collector = Collector::new().await.connected().await;

    let request = collector.post(body()).header("x-forwarded-for", "203.0.113.77");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::ACCEPTED);

    assert_eq!(collector.next_message().await[0].client.unwrap().to_string(), "127.0.0.0");
}

#[tokio::test]
async fn a_page_of_any_origin_may_send_and_read_when_to_come_back() {
    let collector = Collector::new().await.connected().await;

    let sent = collector.post(body()).header("origin", "https://client.example").send().await.unwrap();
    let preflight =
        collector.client.request(reqwest::Method::OPTIONS, format!("{}/v1/events", collector.url));
    let preflight = preflight
        .header("origin", "https://client.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type");
    let preflight = preflight.send().await.unwrap();

    assert_eq!(sent.headers()["access-control-allow-origin"], "*");
    assert_eq!(sent.headers()["access-control-expose-headers"], "retry-after");
    assert_eq!(preflight.status(), StatusCode::OK);
    assert_eq!(preflight.headers()["access-control-max-age"], "86400");
}

#[tokio::test]
async fn requests_that_arrive_together_are_all_in_the_queue_and_share_messages() {
    const REQUESTS: usize = 300;
    let collector = Collector::new().await.connected().await;

    let sending = (0..REQUESTS).map(|_| collector.post(body()).send());
    for response in futures_util::future::join_all(sending).await {
        assert_eq!(response.unwrap().status(), StatusCode::ACCEPTED);
    }

    let (mut messages, mut envelopes) = (0, 0);
    while envelopes < REQUESTS {
        envelopes += collector.next_message().await.len();
        messages += 1;
    }
    assert_eq!(envelopes, REQUESTS);
    assert!(messages < REQUESTS, "{messages} messages for {REQUESTS} requests: nothing was shared");
}

#[tokio::test]
async fn a_collector_that_is_stopped_ends_in_good_order() {
    let collector = Collector::new().await.connected().await;
    collector.post(body()).send().await.unwrap();

    collector.stop().await.unwrap();
}
