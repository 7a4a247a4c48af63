//! A collector in this process, its queue, and a client.

use collector::app::App;
use collector::config::Config;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use shared::envelope::{Envelope, decode_message};
use shared::queue::rabbitmq::ConsumeSession;
use shared::service::Config as _;
use shared::settings::Settings;
use testkit::TestBroker;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Unacknowledged messages a test looks at.
const PREFETCH: u16 = 100;

pub(crate) struct Collector {
    pub(crate) broker: TestBroker,
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) ops_url: String,
    shutdown: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Collector {
    pub(crate) async fn new() -> Self {
        let broker = TestBroker::create();
        let url = broker.url().to_owned();
        Self::with(broker, &url, &[]).await
    }

    /// A collector whose broker is at `amqp_url`, with further settings.
    pub(crate) async fn with(broker: TestBroker, amqp_url: &str, settings: &[(&'static str, &str)]) -> Self {
        let mut given = vec![
            ("AMQP_URL", amqp_url.to_owned()),
            ("FOOTFALL_QUEUE_PREFIX", broker.prefix().to_owned()),
            ("FOOTFALL_PUBLIC_ADDR", "127.0.0.1:0".to_owned()),
            ("FOOTFALL_OPS_ADDR", "127.0.0.1:0".to_owned()),
        ];
        given.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let lookup =
            move |name: &str| given.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let app = App::build(Config::read(Settings::new(lookup)).unwrap()).unwrap();
        let (public, ops) = app.addresses().unwrap();
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(app.run(shutdown.clone()));
        let (url, ops_url) = (format!("http://{public}"), format!("http://{ops}"));
        Self { broker, client: Client::new(), url, ops_url, shutdown, running }
    }

    /// Waits until publishes can be confirmed.
    pub(crate) async fn connected(self) -> Self {
        testkit::eventually("the collector connects", std::time::Duration::from_secs(20), async || {
            let metrics =
                self.client.get(format!("{}/metrics", self.ops_url)).send().await.ok()?.text().await.ok()?;
            metrics.contains("footfall_collector_queue_connected 1").then_some(())
        })
        .await;
        self
    }

    pub(crate) fn post(&self, body: impl ToString) -> RequestBuilder {
        let request = self.client.post(format!("{}/v1/events", self.url));
        request.header("content-type", "text/plain;charset=UTF-8").body(body.to_string())
    }

    /// The envelopes of the next message in the queue.
    pub(crate) async fn next_message(&self) -> Vec<Envelope> {
        let mut session = ConsumeSession::open(&self.broker.config(), PREFETCH).await.unwrap();
        let delivery = session.next().await.unwrap();
        session.ack_up_to(delivery.tag).await.unwrap();
        session.close().await;
        decode_message(&delivery.body).unwrap()
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        self.running.await.unwrap()
    }
}

/// A body of one impression.
pub(crate) fn body() -> Value {
    json!({
        "envelope_id": uuid::Uuid::now_v7(),
        "project_id": "booking-bot",
        "visitor_id": "00000000-0000-4000-8000-000000000001",
        "session_id": "00000000-0000-4000-8000-000000000002",
        "events": [{"type": "impression", "url": "https://example.com/", "age_ms": 1500}]
    })
}

/// Status and `error.code` of a refusal.
pub(crate) async fn refusal(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    (status, body["error"]["code"].as_str().unwrap().to_owned())
}
