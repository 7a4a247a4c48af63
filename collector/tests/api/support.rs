//! A collector in this process, its queue, and a client.

use collector::app::App;
use collector::config::Config;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use shared::envelope::{Envelope, decode_message};
use shared::queue::rabbitmq::{ConsumeSession, RabbitConfig};
use shared::service::Config as _;
use shared::settings::Settings;
use testkit::{TestBroker, TestDatabase};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Unacknowledged messages a test looks at.
const PREFETCH: u16 = 100;

/// How long a client waits for an answer before it takes the collector to hang.
const ANSWER_LIMIT: std::time::Duration = std::time::Duration::from_secs(15);

/// The key of `booking-bot` on a collector made by [`Collector::knowing`].
pub(crate) const SECRET_KEY: &str =
    "ffi_0123456789ab_5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

pub(crate) struct Collector {
    pub(crate) broker: TestBroker,
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) ops_url: String,
    rabbit: RabbitConfig,
    /// Kept for as long as the collector reads it.
    database: Option<TestDatabase>,
    shutdown: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Collector {
    pub(crate) async fn new() -> Self {
        let broker = TestBroker::create();
        let url = broker.url().to_owned();
        Self::with(broker, &url, &[]).await
    }

    /// A collector that knows the projects that `sql` inserts, and the key [`SECRET_KEY`] of the project `booking-bot`.
    pub(crate) async fn knowing(sql: &str) -> Self {
        let database = TestDatabase::create().await;
        let client = database.client().await;
        client.batch_execute(sql).await.unwrap();
        let add_key = "insert into ingest_keys (key_id, project_id, name, secret_sha256)
             values ('0123456789ab', 'booking-bot', 'a server', sha256(decode(repeat('5e', 32), 'hex')))";
        client.batch_execute(add_key).await.unwrap();
        let broker = TestBroker::create();
        let amqp_url = broker.url().to_owned();
        let settings = [("DATABASE_URL", database.url())];
        let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
        let mut collector = Self::with(broker, &amqp_url, &settings).await.connected().await;
        collector.database = Some(database);
        testkit::eventually("the projects are loaded", std::time::Duration::from_secs(20), async || {
            (collector.metric("footfall_collector_projects_loaded").await > 0.0).then_some(())
        })
        .await;
        collector
    }

    /// A collector whose broker is at `amqp_url`, with further settings.
    pub(crate) async fn with(broker: TestBroker, amqp_url: &str, settings: &[(&'static str, &str)]) -> Self {
        let mut given = vec![
            ("AMQP_URL", amqp_url.to_owned()),
            ("FOOTFALL_QUEUE_PREFIX", broker.prefix().to_owned()),
            // Nothing listens there: every project is taken to exist.
            ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing".to_owned()),
            ("FOOTFALL_PUBLIC_ADDR", "127.0.0.1:0".to_owned()),
            ("FOOTFALL_OPS_ADDR", "127.0.0.1:0".to_owned()),
            // A busy machine is no slow queue.
            ("FOOTFALL_ANSWER_LIMIT_MS", "10000".to_owned()),
            ("FOOTFALL_ADDRESS_REQUESTS_PER_S", "0".to_owned()),
        ];
        let chosen = |name: &str| settings.iter().any(|(chosen, _)| *chosen == name);
        given.retain(|(name, _)| !chosen(name));
        given.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let lookup =
            move |name: &str| given.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let config = Config::read(Settings::new(lookup)).unwrap();
        let rabbit = config.rabbit.clone();
        let app = App::build(config).unwrap();
        let (public, ops) = app.addresses().unwrap();
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(app.run(shutdown.clone()));
        let (url, ops_url) = (format!("http://{public}"), format!("http://{ops}"));
        let client = Client::builder().timeout(ANSWER_LIMIT).build().unwrap();
        Self { broker, client, url, ops_url, rabbit, database: None, shutdown, running }
    }

    /// Waits until publishes can be confirmed.
    pub(crate) async fn connected(self) -> Self {
        testkit::eventually("the collector connects", std::time::Duration::from_secs(20), async || {
            let metrics =
                self.client.get(format!("{}/metrics", self.ops_url)).send().await.ok()?.text().await.ok()?;
            metrics.contains("footfall_collector_accepting_workers 2").then_some(())
        })
        .await;
        self
    }

    pub(crate) fn post(&self, body: impl ToString) -> RequestBuilder {
        let request = self.client.post(format!("{}/v1/events", self.url));
        request.header("content-type", "text/plain;charset=UTF-8").body(body.to_string())
    }

    /// The envelopes of the next message in the queue; probes, which carry none, are passed over.
    pub(crate) async fn next_message(&self) -> Vec<Envelope> {
        let mut session = ConsumeSession::open(&self.broker.config(), PREFETCH).await.unwrap();
        loop {
            let delivery = session.next().await.unwrap();
            session.ack_up_to(delivery.tag).await.unwrap();
            let envelopes = decode_message(&delivery.body).unwrap();
            if !envelopes.is_empty() {
                session.close().await;
                return envelopes;
            }
        }
    }

    /// The queue as this collector declared it.
    pub(crate) fn config(&self) -> RabbitConfig {
        self.rabbit.clone()
    }

    /// A metric's present value.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let text =
            self.client.get(format!("{}/metrics", self.ops_url)).send().await.unwrap().text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} is not shown")).parse().unwrap()
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
