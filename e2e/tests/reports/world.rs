//! A database, the writer's code to fill it, and a reporter in this process that answers from it.

use std::net::SocketAddr;

use reporter::app::App;
use reporter::config::Config;
use serde_json::Value;
use shared::secret_key::{MintedKey, READER_PREFIX};
use shared::service::Config as _;
use shared::settings::Settings;
use testkit::TestDatabase;
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;
use writer::enrich::PreparedBatch;
use writer::flush::flush;
use writer::fold::{fold, pack};
use writer::maintain::connect;
use writer::store::Store;

/// The projects; the last has no events.
pub(crate) const PROJECTS: [&str; 4] = ["alpha", "beta", "gamma", "quiet"];

/// One database with its reporter.
pub(crate) struct World {
    pub(crate) client: Client,
    store: Store,
    keeper: Client,
    http: reqwest::Client,
    reporter: SocketAddr,
    key: String,
    stop: CancellationToken,
    _database: TestDatabase,
}

impl World {
    pub(crate) async fn start() -> Self {
        let database = TestDatabase::create().await;
        let client = database.client().await;
        for project in PROJECTS {
            let sql = "insert into projects (project_id, name) values ($1, upper($1))";
            client.execute(sql, &[&project]).await.unwrap();
        }
        client.batch_execute(include_str!("recounted.sql")).await.unwrap();
        let key = MintedKey::mint(READER_PREFIX).unwrap();
        let sql =
            "insert into api_keys (key_id, name, secret_sha256, all_projects) values ($1, 'test', $2, true)";
        client.execute(sql, &[&key.key_id(), &key.secret_sha256().as_slice()]).await.unwrap();
        let mut keeper: tokio_postgres::Config = database.url().parse().unwrap();
        keeper.options("-c role=footfall_write");
        let stop = CancellationToken::new();
        Self {
            client,
            store: Store::new(database.url().parse().unwrap()),
            keeper: connect(&keeper).await.unwrap(),
            http: reqwest::Client::new(),
            reporter: start_reporter(database.url(), stop.clone()),
            key: key.text(),
            stop,
            _database: database,
        }
    }

    /// Stores a batch, as a writer does.
    pub(crate) async fn store(&mut self, mut batch: PreparedBatch) {
        flush(&mut self.store, &mut batch).await.unwrap();
    }

    /// Folds what was appended.
    pub(crate) async fn fold(&mut self) {
        fold(&mut self.keeper).await.unwrap();
    }

    /// Packs what is not written any longer.
    pub(crate) async fn pack(&mut self) {
        pack(&self.keeper).await.unwrap();
    }

    /// What the reporter answers to a question that it can answer.
    pub(crate) async fn ask(&self, report: &str, parameters: &[(&str, &str)]) -> Value {
        let pairs: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let url = format!("http://{}/v1/reports/{report}?{}", self.reporter, pairs.join("&"));
        let answer = self.http.get(&url).bearer_auth(&self.key).send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{url}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A reporter that keeps no answers: a test that stores something and asks again wants to see it.
fn start_reporter(database_url: String, stop: CancellationToken) -> SocketAddr {
    let separator = if database_url.contains('?') { '&' } else { '?' };
    let database_url = format!("{database_url}{separator}options=-c%20role%3Dfootfall_read");
    let lookup = move |name: &str| match name {
        "DATABASE_URL" => Some(database_url.clone()),
        "FOOTFALL_PUBLIC_ADDR" | "FOOTFALL_OPS_ADDR" => Some("127.0.0.1:0".to_owned()),
        "FOOTFALL_ANSWER_TTL_MS" | "FOOTFALL_KEY_REQUESTS_PER_S" => Some("0".to_owned()),
        "FOOTFALL_STATEMENT_TIMEOUT_MS" => Some("60000".to_owned()),
        _ => None,
    };
    let app = App::build(Config::read(Settings::new(lookup)).unwrap()).unwrap();
    let addr = app.public_addr().unwrap();
    tokio::spawn(app.run(stop));
    addr
}

/// A value as it stands in a query string.
fn encoded(value: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    value
        .bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
