//! A reporter in this process, on ports of its own, and a client for it.

use std::net::SocketAddr;

use reporter::app::App;
use reporter::config::Config;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;
use shared::service::Config as _;
use shared::settings::Settings;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A running reporter; dropped, it is told to stop.
pub(crate) struct Reporter {
    pub(crate) public_addr: SocketAddr,
    pub(crate) ops_addr: SocketAddr,
    client: reqwest::Client,
    shutdown: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

/// What came back, all of it; a body that is no JSON as text.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of a 200.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body
    }

    /// A header's value, or the empty text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Reporter {
    /// Starts on `database_url`, every other setting small and at its default.
    pub(crate) async fn start(database_url: &str) -> Self {
        Self::start_with(database_url, &[]).await
    }

    /// Starts with further settings. It reads in the role that a deployment grants it, which may do nothing else.
    pub(crate) async fn start_with(database_url: &str, settings: &'static [(&str, &str)]) -> Self {
        let separator = if database_url.contains('?') { '&' } else { '?' };
        let database_url = format!("{database_url}{separator}options=-c%20role%3Dfootfall_read");
        let lookup = move |name: &str| match name {
            "DATABASE_URL" => Some(database_url.clone()),
            // A test that changes something and asks again wants to see it.
            "FOOTFALL_ANSWER_TTL_MS" if settings.iter().all(|(key, _)| *key != name) => Some("0".to_owned()),
            "FOOTFALL_PUBLIC_ADDR" | "FOOTFALL_OPS_ADDR" => Some("127.0.0.1:0".to_owned()),
            _ => settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()),
        };
        let app = App::build(Config::read(Settings::new(lookup)).unwrap()).unwrap();
        let (public_addr, ops_addr) = (app.public_addr().unwrap(), app.ops_addr().unwrap());
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(app.run(shutdown.clone()));
        Self { public_addr, ops_addr, client: reqwest::Client::new(), shutdown, running }
    }

    /// `GET` of a path under `/v1/` with a key.
    pub(crate) async fn get(&self, key: &str, path: &str) -> Answer {
        self.send(self.client.get(self.url(path)).bearer_auth(key)).await
    }

    /// A request for `path`, to be completed by the test.
    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// Sends `request`.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let (is_json, bytes) = (is_json(&headers), response.bytes().await.unwrap());
        let body = match is_json {
            true => serde_json::from_slice(&bytes).expect("the answer is JSON, as it says"),
            false => Value::String(String::from_utf8(bytes.to_vec()).unwrap()),
        };
        Answer { status, headers, body }
    }

    /// Status and text of a path of the operations listener.
    pub(crate) async fn ops(&self, path: &str) -> (StatusCode, String) {
        let response = self.client.get(format!("http://{}{path}", self.ops_addr)).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        (&mut self.running).await.unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/v1/{path}", self.public_addr)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get("content-type").is_some_and(|content_type| content_type == "application/json")
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
