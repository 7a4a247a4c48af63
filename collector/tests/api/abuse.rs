//! What the open internet sends: too much, too slowly, too large, or packed.

use std::io;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use testkit::TestBroker;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Collector, body, refusal};

/// Longest that a test waits for a slow client to be cut off; the collector's own limits are 5 seconds.
const CUT_LIMIT: Duration = Duration::from_secs(30);

async fn limited(settings: &[(&'static str, &str)]) -> Collector {
    let broker = TestBroker::create();
    let url = broker.url().to_owned();
    Collector::with(broker, &url, settings).await.connected().await
}

#[tokio::test]
async fn a_network_past_its_rate_is_told_when_to_come_back_and_others_are_not() {
    let settings = [("FOOTFALL_ADDRESS_REQUESTS_PER_S", "1"), ("FOOTFALL_TRUSTED_PROXIES", "127.0.0.0/8")];
    let collector = limited(&settings).await;
    let from = |address: &str| {
        let request = collector.post(body()).header("origin", "https://client.example");
        request.header("x-forwarded-for", address).send()
    };

    let refused = testkit::eventually("the network is limited", CUT_LIMIT, async || {
        let answer = from("203.0.113.7").await.unwrap();
        (answer.status() != StatusCode::ACCEPTED).then_some(answer)
    })
    .await;

    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(refused.headers()["access-control-allow-origin"], "*");
    assert_eq!(refusal(refused).await, (StatusCode::TOO_MANY_REQUESTS, "rate_limited".to_owned()));
    assert_eq!(from("203.0.114.7").await.unwrap().status(), StatusCode::ACCEPTED, "another network");
}

#[tokio::test]
async fn a_project_past_its_rate_is_limited_by_events_and_others_are_not() {
    let collector = limited(&[("FOOTFALL_PROJECT_EVENTS_PER_S", "1")]).await;
    let of = |project_id: &str| {
        let mut body = body();
        body["project_id"] = json!(project_id);
        body["events"] = json!(vec![json!({"type": "open_chat"}); 100]);
        collector.post(body).send()
    };

    assert_eq!(
        of("flooded").await.unwrap().status(),
        StatusCode::ACCEPTED,
        "the largest envelope passes once"
    );
    let refused = refusal(of("flooded").await.unwrap()).await;
    assert_eq!(refused, (StatusCode::TOO_MANY_REQUESTS, "rate_limited".to_owned()));
    assert_eq!(of("quiet").await.unwrap().status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_packed_body_is_not_unpacked() {
    let collector = Collector::new().await.connected().await;

    let answer = collector.post(body()).header("content-encoding", "gzip").send().await.unwrap();

    let refused = refusal(answer).await;
    assert_eq!(refused, (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding".to_owned()));
}

/// Sends `head` over a bare socket, and answers what came back until the collector closed the connection.
async fn answer_to(collector: &Collector, head: &str) -> io::Result<String> {
    let mut socket = TcpStream::connect(collector.url.trim_start_matches("http://")).await?;
    socket.write_all(head.as_bytes()).await?;
    let mut answer = Vec::new();
    tokio::time::timeout(CUT_LIMIT, socket.read_to_end(&mut answer)).await??;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let collector = Collector::new().await.connected().await;

    let answer = answer_to(&collector, "POST /v1/events HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();

    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut_off_and_gives_its_budget_back() {
    let collector = Collector::new().await.connected().await;
    let head =
        "POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 500\r\n\r\n{";

    let answer = answer_to(&collector, head).await.unwrap();

    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("body_too_slow"), "{answer}");
    assert_eq!(collector.metric("footfall_collector_budget_bytes").await, 0.0);
}

#[tokio::test]
async fn a_body_without_a_length_is_cut_off_at_the_limit() {
    let collector = Collector::new().await.connected().await;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let head = "POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\nconnection: close\r\n\
                transfer-encoding: chunked\r\n\r\n";

    let answer = answer_to(&collector, &format!("{head}{chunk}1\r\n \r\n0\r\n\r\n")).await.unwrap();

    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn a_body_announced_as_too_large_is_refused_before_it_is_read() {
    let collector = Collector::new().await.connected().await;
    let head = "POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\nconnection: close\r\n\
                content-length: 65537\r\n\r\n";

    let answer = answer_to(&collector, head).await.unwrap();

    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}
