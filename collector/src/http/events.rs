//! `POST /v1/events`: bytes → payload → envelope → publish → 202.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use shared::clock;
use shared::envelope::{EncodedEnvelope, Envelope};
use shared::event::USER_AGENT_BYTES_MAX;
use shared::ids::EnvelopeId;
use shared::network::ClientNetwork;
use tokio::time::timeout;

use crate::client::client_address;
use crate::http::Collector;
use crate::http::error::CollectError;
use crate::payload::{self, ValidPayload, clean};

/// Largest request body, in bytes: what a browser lets a page send while it unloads.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Longest time a client may take to send its body, in seconds.
const BODY_LIMIT_S: u64 = 5;

/// What a 202 says.
#[derive(Serialize)]
struct Accepted {
    envelope_id: EnvelopeId,
    accepted: usize,
}

/// Takes one envelope; a 202 means that the queue has it safe.
pub(crate) async fn collect(
    request: HttpRequest,
    body: web::Payload,
    collector: web::Data<Collector>,
) -> Result<HttpResponse, CollectError> {
    let answer = accept(&request, body, &collector).await;
    match &answer {
        Ok(accepted) => collector.metrics.accepted(accepted.accepted),
        Err(refusal) => collector.metrics.refused(refusal.code()),
    }
    answer.map(|accepted| HttpResponse::Accepted().json(accepted))
}

async fn accept(
    request: &HttpRequest,
    body: web::Payload,
    collector: &Collector,
) -> Result<Accepted, CollectError> {
    check_content_type(request)?;
    let body = read_body(body).await?;
    let envelope = envelope(payload::parse(&body)?, request, collector);
    let (envelope_id, accepted) = (envelope.envelope_id, envelope.events.len());

    let encoded = EncodedEnvelope::new(&envelope).map_err(CollectError::Internal)?;
    collector.publisher.publish(encoded).await?;
    Ok(Accepted { envelope_id, accepted })
}

/// `text/plain` is what a page can send without a preflight; `application/json` is what it is.
fn check_content_type(request: &HttpRequest) -> Result<(), CollectError> {
    let given =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = given.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" | "text/plain" => Ok(()),
        _ => Err(CollectError::UnsupportedMediaType),
    }
}

async fn read_body(body: web::Payload) -> Result<web::Bytes, CollectError> {
    match timeout(Duration::from_secs(BODY_LIMIT_S), body.to_bytes_limited(BODY_BYTES_MAX)).await {
        Ok(Ok(Ok(bytes))) => Ok(bytes),
        Ok(Ok(Err(_broken_off))) => Err(CollectError::BodyBrokenOff),
        Ok(Err(_limit)) => Err(CollectError::BodyTooLarge { limit_bytes: BODY_BYTES_MAX }),
        Err(_elapsed) => Err(CollectError::BodyTooSlow { limit_s: BODY_LIMIT_S }),
    }
}

fn envelope(payload: ValidPayload, request: &HttpRequest, collector: &Collector) -> Envelope {
    let ValidPayload { envelope_id, project_id, visitor_id, session_id, events } = payload;
    Envelope {
        envelope_id: envelope_id.unwrap_or_else(EnvelopeId::mint),
        project_id,
        received_at: clock::now(),
        client: Some(client_network(request, collector)),
        user_agent: user_agent(request),
        visitor_id,
        session_id,
        events,
    }
}

/// The full address lives in this function and nowhere else.
fn client_network(request: &HttpRequest, collector: &Collector) -> ClientNetwork {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |addr| addr.ip());
    let headers = request.headers().get_all("x-forwarded-for");
    let forwarded: Vec<&str> = headers.filter_map(|value| value.to_str().ok()).collect();
    client_address(peer, forwarded.into_iter(), &collector.trusted_proxies).into()
}

fn user_agent(request: &HttpRequest) -> Option<String> {
    let text = request.headers().get(header::USER_AGENT)?.to_str().ok()?;
    let mut text = clean(text).into_owned();
    text.truncate(text.floor_char_boundary(USER_AGENT_BYTES_MAX));
    (!text.is_empty()).then_some(text)
}
