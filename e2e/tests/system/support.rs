//! A running Footfall on a database and queue of its own, and a client that remembers what it was promised.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use shared::secret_key::{MintedKey, READER_PREFIX};
use testkit::recount::assert_rollups_equal_a_recount;
use testkit::{Service, TestBroker, TestDatabase, eventually};
use uuid::Uuid;

/// How long the pipeline may take to store what it was given, generous for a busy machine.
pub(crate) const STORED_LIMIT: Duration = Duration::from_secs(60);
/// What the client names as its browser: without one it would be a robot.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
/// How long a client waits for an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);

pub(crate) struct System {
    pub(crate) database: TestDatabase,
    pub(crate) broker: TestBroker,
    pub(crate) collector: Service,
    pub(crate) writer: Service,
    pub(crate) client: Client,
}

impl System {
    pub(crate) async fn start() -> Self {
        Self::start_on(TestDatabase::create().await, TestBroker::create(), None, None).await
    }

    /// A system whose writer reaches broker and database by other URLs, say through proxies.
    pub(crate) async fn start_on(
        database: TestDatabase,
        broker: TestBroker,
        writer_amqp_url: Option<String>,
        writer_database_url: Option<String>,
    ) -> Self {
        let sql = "insert into projects values ('alpha', 'Alpha'), ('beta', 'Beta')";
        database.client().await.batch_execute(sql).await.unwrap();
        let amqp_url = writer_amqp_url.unwrap_or_else(|| broker.url().to_owned());
        let database_url = writer_database_url.unwrap_or_else(|| database.url());
        let collector = collector(&broker, &database.url()).await;
        let writer = writer(&broker, &amqp_url, &database_url).await;
        let client = Client::builder().timeout(ANSWER_LIMIT).user_agent(BROWSER).build().unwrap();
        let system = Self { database, broker, collector, writer, client };
        system.collector_accepts().await;
        system
    }

    /// Another collector in the place of the present one, with further settings; it knows the projects.
    pub(crate) async fn replace_collector(&mut self, settings: &[(&str, &str)]) {
        self.collector = collector_with(&self.broker, &self.database.url(), settings).await;
        self.collector_accepts().await;
    }

    /// Waits until the collector can publish, and knows the projects.
    async fn collector_accepts(&self) {
        eventually("the collector accepts", STORED_LIMIT, async || {
            let metrics = self.metrics(&self.collector).await?;
            let is_ready = metrics.contains("footfall_collector_accepting_workers 2")
                && metrics.contains("footfall_collector_projects_loaded 2");
            is_ready.then_some(())
        })
        .await;
    }

    /// What `/metrics` of a service shows.
    pub(crate) async fn metrics(&self, service: &Service) -> Option<String> {
        let shown = self.client.get(format!("{}/metrics", service.ops_url())).send().await.ok()?;
        shown.text().await.ok()
    }

    /// Another writer in the place of one that is gone.
    pub(crate) async fn replace_writer(&mut self) {
        self.writer = self.another_writer().await;
    }

    /// Another writer, straight on the broker and the database.
    pub(crate) async fn another_writer(&self) -> Service {
        writer(&self.broker, self.broker.url(), &self.database.url()).await
    }

    /// Sends one envelope; answers the status, `None` where no answer came.
    pub(crate) async fn send(&self, body: &Value) -> Option<StatusCode> {
        let request = self.client.post(format!("{}/v1/events", self.collector.public_url()));
        let request = request.header("content-type", "text/plain").body(body.to_string());
        Some(request.send().await.ok()?.status())
    }

    /// Sends one envelope and is promised that it is kept.
    pub(crate) async fn accepted(&self, body: &Value) {
        assert_eq!(self.send(body).await, Some(StatusCode::ACCEPTED), "{body}");
    }

    /// Waits until `count` rows of `table` are committed.
    pub(crate) async fn stored(&self, table: &str, count: i64) {
        let client = self.database.client().await;
        eventually(&format!("{count} rows in {table}"), STORED_LIMIT, async || {
            let sql = format!("select count(*) from {table}");
            let rows: i64 = client.query_one(&sql, &[]).await.unwrap().get(0);
            assert!(rows <= count, "{rows} rows in {table}, where {count} were sent");
            (rows == count).then_some(())
        })
        .await;
    }

    /// Waits until every message has been acknowledged: nothing is ready, and a consumer of ours gets nothing.
    pub(crate) async fn queue_is_empty(&self) {
        let queue = self.broker.config().queue();
        eventually("the queue is empty", STORED_LIMIT, async || {
            (self.broker.ready_count(&queue).await == Some(0)).then_some(())
        })
        .await;
    }

    /// Checks that exactly these impressions' URLs are stored, each once, and that the rollups say so.
    pub(crate) async fn assert_stored_exactly(&self, urls: &BTreeSet<String>) {
        let client = self.database.client().await;
        let rows = client.query("select url from analytics_impressions order by url", &[]).await.unwrap();
        let stored: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(
            stored,
            urls.iter().cloned().collect::<Vec<_>>(),
            "each accepted event once, and no other"
        );
        assert_rollups_equal_a_recount(&client).await;
    }

    /// A key that sees every project.
    pub(crate) async fn api_key(&self) -> String {
        let key = MintedKey::mint(READER_PREFIX).unwrap();
        let sql =
            "insert into api_keys (key_id, name, secret_sha256, all_projects) values ($1, 'test', $2, true)";
        let hash = key.secret_sha256();
        self.database.client().await.execute(sql, &[&key.key_id(), &hash.as_slice()]).await.unwrap();
        key.text()
    }
}

pub(crate) async fn collector(broker: &TestBroker, database_url: &str) -> Service {
    collector_with(broker, database_url, &[]).await
}

/// A collector with further settings; it reads in the role that a deployment grants it.
async fn collector_with(broker: &TestBroker, database_url: &str, more: &[(&str, &str)]) -> Service {
    let join = if database_url.contains('?') { '&' } else { '?' };
    let database_url = format!("{database_url}{join}options=-c%20role%3Dfootfall_collect");
    let settings = [
        ("AMQP_URL", broker.url()),
        ("FOOTFALL_QUEUE_PREFIX", broker.prefix()),
        ("DATABASE_URL", &database_url),
        ("FOOTFALL_PUBLIC_ADDR", "127.0.0.1:0"),
        ("FOOTFALL_OPS_ADDR", "127.0.0.1:0"),
        // A busy machine is no slow queue, and all of a test's traffic comes from one address.
        ("FOOTFALL_ANSWER_LIMIT_MS", "10000"),
        ("FOOTFALL_ADDRESS_REQUESTS_PER_S", "0"),
    ];
    Service::spawn("collector", &[&settings, more].concat()).await
}

async fn writer(broker: &TestBroker, amqp_url: &str, database_url: &str) -> Service {
    let settings = [
        ("AMQP_URL", amqp_url),
        ("FOOTFALL_QUEUE_PREFIX", broker.prefix()),
        ("DATABASE_URL", database_url),
        ("FOOTFALL_OPS_ADDR", "127.0.0.1:0"),
        // The tests' server is a disposable one, which syncs nothing.
        ("FOOTFALL_ALLOW_UNSAFE", "true"),
    ];
    Service::spawn("writer", &settings).await
}

pub(crate) async fn reporter(database_url: &str) -> Service {
    let settings = [
        ("DATABASE_URL", database_url),
        ("FOOTFALL_PUBLIC_ADDR", "127.0.0.1:0"),
        ("FOOTFALL_OPS_ADDR", "127.0.0.1:0"),
    ];
    Service::spawn("reporter", &settings).await
}

/// The body of an envelope of one impression.
pub(crate) fn impression(project_id: &str, url: &str) -> Value {
    envelope(project_id, &json!([{ "type": "impression", "url": url }]))
}

/// The body of an envelope.
pub(crate) fn envelope(project_id: &str, events: &Value) -> Value {
    json!({
        "envelope_id": Uuid::now_v7(),
        "project_id": project_id,
        "visitor_id": Uuid::now_v7(),
        "session_id": Uuid::now_v7(),
        "events": events,
    })
}
