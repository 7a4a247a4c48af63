//! `POST /v1/events`: head → body → payload → envelope → publish → 202.

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt;
use shared::clock;
use tokio::time::timeout;

use super::error::CollectError;
use super::head::{self, BODY_BYTES_MAX};
use super::intake::{self, Accepted};
use super::{Collector, only};
use crate::payload;

/// Longest time a client may take to send its body, in seconds.
const BODY_LIMIT_S: u64 = 5;
/// Longest time that is spent on throwing a refused body away, in milliseconds.
const DISCARD_LIMIT_MS: u64 = 50;

/// Takes one envelope; a 202 means that the queue has it safe.
pub(crate) async fn collect(
    request: HttpRequest,
    body: web::Payload,
    collector: web::Data<Collector>,
) -> Result<HttpResponse, CollectError> {
    let taken = take(&request, body, &collector).await;
    let accepted = taken.inspect_err(|refusal| collector.metrics.refused(refusal.code()))?;
    Ok(HttpResponse::Accepted().json(accepted))
}

async fn take(
    request: &HttpRequest,
    body: web::Payload,
    collector: &Collector,
) -> Result<Accepted, CollectError> {
    only("POST", request)?;
    let admitted = match admit(request, collector) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            discard(body).await;
            return Err(refusal);
        }
    };
    let body = read(body).await?;
    let received_at = clock::now();
    let payload = payload::parse(&body, received_at)?;
    drop(body);
    let origin = head::text(request, header::ORIGIN);
    let prepared = intake::prepare(request, origin, collector, admitted, payload, received_at)?;
    intake::publish(collector, prepared).await
}

fn admit(request: &HttpRequest, collector: &Collector) -> Result<intake::Admitted, CollectError> {
    head::check_content(request)?;
    intake::admit(request, collector, head::body_bytes(request)?)
}

/// Reads a refused body and throws it away piece by piece: over an unread one actix closes the connection, and the
/// client's next try costs another.
async fn discard(mut body: web::Payload) {
    let discarding = async {
        let mut left_bytes = BODY_BYTES_MAX;
        while let Some(Ok(piece)) = body.next().await {
            left_bytes = left_bytes.saturating_sub(piece.len());
            if left_bytes == 0 {
                return;
            }
        }
    };
    let _too_slow = timeout(Duration::from_millis(DISCARD_LIMIT_MS), discarding).await;
}

async fn read(body: web::Payload) -> Result<web::Bytes, CollectError> {
    match timeout(Duration::from_secs(BODY_LIMIT_S), body.to_bytes_limited(BODY_BYTES_MAX)).await {
        Ok(Ok(Ok(bytes))) => Ok(bytes),
        Ok(Ok(Err(_broken_off))) => Err(CollectError::BodyBrokenOff),
        Ok(Err(_limit)) => Err(CollectError::BodyTooLarge { limit_bytes: BODY_BYTES_MAX }),
        Err(_elapsed) => Err(CollectError::BodyTooSlow { limit_s: BODY_LIMIT_S }),
    }
}
