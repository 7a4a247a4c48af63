//! No confirm, no 202: each way a queue can fail a collector.

use std::time::Duration;

use reqwest::StatusCode;
use testkit::{Proxy, TestBroker, eventually};

use crate::support::{Collector, body, refusal};

const RECOVERY_LIMIT: Duration = Duration::from_secs(30);

/// A broker reached through a proxy.
async fn behind_a_proxy(broker: &TestBroker) -> (Proxy, String) {
    let uri: lapin::uri::AMQPUri = broker.url().parse().unwrap();
    let proxy = Proxy::start(format!("{}:{}", uri.authority.host, uri.authority.port)).await.unwrap();
    let url = format!("amqp://guest:guest@{}/%2f", proxy.addr());
    (proxy, url)
}

#[tokio::test]
async fn without_a_broker_a_request_is_told_at_once_when_to_come_back() {
    let broker = TestBroker::create();
    let collector = Collector::with(broker, "amqp://guest:guest@127.0.0.1:1/%2f", &[]).await;

    let response = collector.post(body()).header("origin", "https://client.example").send().await.unwrap();

    let retry_after_s: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((5..=30).contains(&retry_after_s));
    assert_eq!(response.headers()["access-control-allow-origin"], "*", "or a page could not read it");
    assert_eq!(refusal(response).await, (StatusCode::SERVICE_UNAVAILABLE, "queue_unavailable".to_owned()));
    let ready = collector.client.get(format!("{}/readyz", collector.ops_url)).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK, "an honest 503 beats a refused connection");
}

#[tokio::test]
async fn a_collector_finds_its_broker_again() {
    let broker = TestBroker::create();
    let (proxy, url) = behind_a_proxy(&broker).await;
    let collector = Collector::with(broker, &url, &[]).await.connected().await;

    proxy.refuse(true);
    proxy.cut();
    eventually("requests are refused", RECOVERY_LIMIT, async || {
        let status = collector.post(body()).send().await.unwrap().status();
        (status == StatusCode::SERVICE_UNAVAILABLE).then_some(())
    })
    .await;
    proxy.refuse(false);

    eventually("requests are accepted again", RECOVERY_LIMIT, async || {
        let status = collector.post(body()).send().await.unwrap().status();
        (status == StatusCode::ACCEPTED).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_lost_with_a_message_in_flight_is_no_202() {
    let broker = TestBroker::create();
    let (proxy, url) = behind_a_proxy(&broker).await;
    let collector = Collector::with(broker, &url, &[]).await.connected().await;

    // The message is sent, and no broker ever sees it.
    proxy.hold_client_bytes();
    let request = collector.post(body()).send();
    let cutting = async {
        eventually("the message is under way", RECOVERY_LIMIT, async || {
            let metrics = collector.client.get(format!("{}/metrics", collector.ops_url)).send().await.ok()?;
            metrics.text().await.ok()?.contains("footfall_collector_group_envelopes_count 1").then_some(())
        })
        .await;
        proxy.cut();
    };
    let (response, ()) = tokio::join!(request, cutting);

    let refused = refusal(response.unwrap()).await;
    assert_eq!(refused, (StatusCode::SERVICE_UNAVAILABLE, "queue_unavailable".to_owned()));
}
