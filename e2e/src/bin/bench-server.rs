//! The server of `cargo xtask bench`: the collector as it ships, or the handler that it is compared with.
//!
//! `FOOTFALL_BENCH_SERVER` says which; every other setting is the collector's, also for the handler, which leaves most
//! of them unread. Both are this one binary: one compiler, one set of features, one allocator.

use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use collector::config::Config as CollectorConfig;
use collector::publisher::GroupLimits;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::service;
use shared::settings::Settings;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Messages that a worker without group commit may have in flight: as many as the benchmark has connections.
const UNGROUPED_MESSAGES_IN_FLIGHT: usize = 256;

/// What this process is.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Parses the body and answers 202 at once.
    Plain,
    /// The collector.
    Collector,
    /// The collector, with a message and a confirm for each request.
    Ungrouped,
}

impl FromStr for Kind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "plain" => Ok(Self::Plain),
            "collector" => Ok(Self::Collector),
            "ungrouped" => Ok(Self::Ungrouped),
            _ => Err("must be plain, collector or ungrouped"),
        }
    }
}

struct Config {
    kind: Kind,
    collector: CollectorConfig,
}

impl service::Config for Config {
    const NAME: &'static str = "bench-server";

    fn from_settings(settings: &mut Settings) -> Option<Self> {
        let kind = settings.required("FOOTFALL_BENCH_SERVER", "plain, collector or ungrouped");
        let collector = CollectorConfig::from_settings(settings);
        Some(Self { kind: kind?, collector: collector? })
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    service::run(async |Config { kind, mut collector }, shutdown| match kind {
        Kind::Plain => serve_plain(&collector, shutdown).await,
        Kind::Collector => collector::app::App::build(collector)?.run(shutdown).await,
        Kind::Ungrouped => {
            collector.group = GroupLimits {
                envelopes_max: 1,
                messages_in_flight: UNGROUPED_MESSAGES_IN_FLIGHT,
                gather: Duration::ZERO,
            };
            collector::app::App::build(collector)?.run(shutdown).await
        }
    })
    .await
}

async fn serve_plain(config: &CollectorConfig, shutdown: CancellationToken) -> anyhow::Result<()> {
    let listener = std::net::TcpListener::bind(config.public_addr)?;
    tracing::info!(public_addr = %listener.local_addr()?, "listening");
    let server = HttpServer::new(|| App::new().route("/v1/events", web::post().to(plain)))
        .workers(config.http_workers)
        .disable_signals()
        .listen(listener)?
        .run();
    let handle = server.handle();
    let serving = tokio::spawn(server);
    shutdown.cancelled().await;
    handle.stop(true).await;
    Ok(serving.await??)
}

/// The same fields as the collector reads, with the same types.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "they are parsed, and that is all that is done with them")]
struct Body {
    envelope_id: Option<String>,
    project_id: Option<String>,
    visitor_id: Option<String>,
    session_id: Option<String>,
    events: Option<Vec<BodyEvent>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "they are parsed, and that is all that is done with them")]
struct BodyEvent {
    r#type: Option<String>,
    url: Option<String>,
    referrer: Option<String>,
    label: Option<String>,
    data: Option<Map<String, Value>>,
    age_ms: Option<u64>,
}

#[derive(Serialize)]
struct Accepted {
    envelope_id: Option<Uuid>,
    accepted: usize,
}

async fn plain(body: web::Bytes) -> HttpResponse {
    match serde_json::from_slice::<Body>(&body) {
        Ok(body) => HttpResponse::Accepted().json(Accepted {
            envelope_id: body.envelope_id.and_then(|id| Uuid::try_parse(&id).ok()),
            accepted: body.events.map_or(0, |events| events.len()),
        }),
        Err(problem) => HttpResponse::BadRequest().body(problem.to_string()),
    }
}
