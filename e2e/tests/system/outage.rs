//! Broker or database away for a minute, under load: every promise is kept, and nobody restarts a service.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use testkit::{PostgresServer, RabbitServer, TestBroker, TestDatabase, eventually};
use tokio::time::{Instant, interval};

use crate::support::{STORED_LIMIT, System, impression};

/// How long a server is away.
const OUTAGE: Duration = Duration::from_secs(60);
/// Pace of the load, per envelope.
const PACE: Duration = Duration::from_millis(20);

/// Clients that send an envelope each and keep it, the same bytes, until it is accepted.
#[derive(Default)]
struct Clients {
    sent: BTreeSet<String>,
    unpromised: Vec<Value>,
    refused: usize,
}

impl Clients {
    /// Sends new envelopes at the pace for `how_long`.
    async fn send_for(&mut self, system: &System, how_long: Duration) {
        let (until, mut pace) = (Instant::now() + how_long, interval(PACE));
        while Instant::now() < until {
            pace.tick().await;
            let url = format!("https://example.com/{}", self.sent.len());
            let body = impression("alpha", &url);
            self.sent.insert(url);
            match system.send(&body).await {
                Some(StatusCode::ACCEPTED) => {}
                Some(StatusCode::SERVICE_UNAVAILABLE) => {
                    self.refused += 1;
                    self.unpromised.push(body);
                }
                other => panic!("neither a promise nor an honest refusal: {other:?}"),
            }
        }
    }

    /// Sends what was refused until it is accepted.
    async fn retry(&mut self, system: &System) {
        eventually("all retries are accepted", STORED_LIMIT, async || {
            while let Some(body) = self.unpromised.last() {
                if system.send(body).await != Some(StatusCode::ACCEPTED) {
                    return None;
                }
                self.unpromised.pop();
            }
            Some(())
        })
        .await;
    }

    async fn assert_all_stored_once(&self, system: &System) {
        system.stored("analytics_impressions", i64::try_from(self.sent.len()).unwrap()).await;
        system.queue_is_empty().await;
        system.assert_stored_exactly(&self.sent).await;
    }
}

#[tokio::test]
async fn a_broker_that_is_away_for_a_minute_costs_honest_refusals_and_no_event() {
    let mut rabbitmq = RabbitServer::start_temporary().await.unwrap();
    let broker = TestBroker::on(&rabbitmq.url());
    let mut system = System::start_on(TestDatabase::create().await, broker, None, None).await;
    let mut clients = Clients::default();
    clients.send_for(&system, Duration::from_secs(2)).await;

    rabbitmq.kill().await.unwrap();
    clients.send_for(&system, OUTAGE).await;
    rabbitmq.restart().await.unwrap();
    clients.retry(&system).await;
    clients.send_for(&system, Duration::from_secs(2)).await;
    clients.retry(&system).await;

    assert!(clients.refused > 0, "the broker was never away");
    clients.assert_all_stored_once(&system).await;
    assert!(system.collector.wait_for_end(Duration::ZERO).await.is_none(), "the collector is the one it was");
    assert!(system.writer.wait_for_end(Duration::ZERO).await.is_none(), "the writer is the one it was");
}

#[tokio::test]
async fn a_database_that_is_away_for_a_minute_costs_nothing_but_time() {
    let mut postgres = PostgresServer::start_temporary().await.unwrap();
    let database = TestDatabase::on(&postgres.url()).await;
    let mut system = System::start_on(database, TestBroker::create(), None, None).await;
    let mut clients = Clients::default();
    clients.send_for(&system, Duration::from_secs(2)).await;

    postgres.stop_immediate().await;
    clients.send_for(&system, OUTAGE).await;
    postgres.restart().await.unwrap();
    clients.send_for(&system, Duration::from_secs(2)).await;

    assert_eq!(clients.refused, 0, "the queue takes what the database can't");
    clients.assert_all_stored_once(&system).await;
    assert!(system.writer.wait_for_end(Duration::ZERO).await.is_none(), "the writer is the one it was");
}

#[tokio::test]
async fn a_locked_table_is_waited_for_without_taking_the_messages_again_and_again() {
    let system = System::start().await;
    let lock = system.database.client().await;
    lock.batch_execute("begin; lock table analytics_impressions in access exclusive mode").await.unwrap();
    let urls: BTreeSet<String> = (0..10).map(|place| format!("https://example.com/{place}")).collect();
    for url in &urls {
        system.accepted(&impression("alpha", url)).await;
    }

    let said = |what: &str| system.writer.log_lines().iter().filter(|line| line.contains(what)).count();
    eventually("the writer has met the lock three times", STORED_LIMIT, async || {
        (said("the database is not available") >= 3).then_some(())
    })
    .await;
    // Each time it subscribes and gives up, every message handed out to it comes nearer to its delivery limit.
    assert_eq!(said(r#""message":"consuming""#), 1, "subscriptions while the table is locked");
    lock.batch_execute("rollback").await.unwrap();

    system.stored("analytics_impressions", 10).await;
    system.queue_is_empty().await;
    system.assert_stored_exactly(&urls).await;
}
