//! A real broker that is killed, paused, out of memory, full, or without our queue: a 503 each time, never a hang, and
//! 202 again once it is well.

use std::time::Duration;

use reqwest::{Response, StatusCode};
use shared::queue::rabbitmq::ConsumeSession;
use testkit::{RabbitServer, TestBroker, eventually};

use crate::support::{Collector, body, refusal};

/// How long a broker may take to notice, or to come back; generous for a busy machine.
const TURN_LIMIT: Duration = Duration::from_secs(60);

/// A collector on a broker of the test's own, with the answer limit that it has by default.
async fn on_own_broker() -> (RabbitServer, Collector) {
    let server = RabbitServer::start_temporary().await.unwrap();
    let broker = TestBroker::on(&server.url());
    let settings = [("FOOTFALL_ANSWER_LIMIT_MS", "80")];
    let collector = Collector::with(broker, &server.url(), &settings).await.connected().await;
    until_accepted(&collector).await;
    (server, collector)
}

async fn until_accepted(collector: &Collector) {
    eventually("a request is accepted", TURN_LIMIT, async || {
        let status = collector.post(body()).send().await.unwrap().status();
        (status == StatusCode::ACCEPTED).then_some(())
    })
    .await;
}

/// The first refusal; every answer until then was a 202 or a 503.
async fn until_refused(collector: &Collector) -> Response {
    eventually("a request is refused", TURN_LIMIT, async || {
        let response =
            collector.post(body()).header("origin", "https://client.example").send().await.unwrap();
        (response.status() != StatusCode::ACCEPTED).then_some(response)
    })
    .await
}

/// Checks what every refusal for the queue's sake has: the time to come back, readable by a page; and that the
/// collector still takes traffic.
async fn assert_honest(collector: &Collector, response: Response, codes: &[&str]) {
    assert!(response.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let (status, code) = refusal(response).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(codes.contains(&code.as_str()), "{code} is none of {codes:?}");
    let ready = collector.client.get(format!("{}/readyz", collector.ops_url)).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_broker_that_is_killed_costs_503s_until_it_is_back() {
    let (mut server, collector) = on_own_broker().await;

    server.kill().await.unwrap();

    let refused = until_refused(&collector).await;
    assert_honest(&collector, refused, &["queue_unavailable", "queue_slow"]).await;
    server.restart().await.unwrap();
    until_accepted(&collector).await;
}

#[tokio::test]
async fn a_broker_that_hangs_costs_503s_until_it_goes_on() {
    let (server, collector) = on_own_broker().await;

    server.pause();

    let refused = until_refused(&collector).await;
    assert_honest(&collector, refused, &["queue_slow"]).await;
    // The circuit is open now: nobody else has to find out by waiting, and no body is read for it.
    let second = until_refused(&collector).await;
    assert_honest(&collector, second, &["queue_slow"]).await;
    assert_eq!(collector.metric("footfall_collector_circuit_open{trouble=\"slow\"}").await, 1.0);
    server.resume();
    until_accepted(&collector).await;
    assert_eq!(collector.metric("footfall_collector_circuit_open{trouble=\"slow\"}").await, 0.0);
}

#[tokio::test]
async fn a_broker_out_of_memory_costs_503s_until_it_has_some() {
    let (server, collector) = on_own_broker().await;

    server.ctl(&["set_vm_memory_high_watermark", "0.000001"]).await.unwrap();

    let refused = until_refused(&collector).await;
    assert_honest(&collector, refused, &["queue_unavailable", "queue_slow"]).await;
    server.ctl(&["set_vm_memory_high_watermark", "0.4"]).await.unwrap();
    until_accepted(&collector).await;
}

#[tokio::test]
async fn a_full_queue_costs_503s_until_there_is_room() {
    let broker = TestBroker::create();
    let url = broker.url().to_owned();
    let settings = [("FOOTFALL_QUEUE_BYTES_MAX", "1024")];
    let collector = Collector::with(broker, &url, &settings).await.connected().await;

    let refused = until_refused(&collector).await;

    assert_honest(&collector, refused, &["queue_full"]).await;
    assert_eq!(collector.metric("footfall_collector_circuit_open{trouble=\"full\"}").await, 1.0);
    let config = collector.config();
    let mut writer = ConsumeSession::open(&config, 100).await.unwrap();
    let draining = async {
        while let Ok(delivery) = writer.next().await {
            writer.ack_up_to(delivery.tag).await.unwrap();
        }
    };
    tokio::select! {
        () = draining => panic!("the queue ended"),
        () = until_accepted(&collector) => {}
    }
}

#[tokio::test]
async fn a_queue_that_is_deleted_costs_503s_until_it_is_declared_again() {
    let collector = Collector::new().await.connected().await;
    let queue = collector.broker.config().queue();
    let connection =
        lapin::Connection::connect(collector.broker.url(), lapin::ConnectionProperties::default());
    let channel = connection.await.unwrap().create_channel().await.unwrap();
    channel.queue_delete(queue.as_str().into(), lapin::options::QueueDeleteOptions::default()).await.unwrap();

    let refused = until_refused(&collector).await;

    assert_honest(&collector, refused, &["queue_unavailable"]).await;
    until_accepted(&collector).await;
    assert!(collector.broker.ready_count(&queue).await.is_some_and(|messages| messages > 0));
}
