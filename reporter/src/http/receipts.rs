//! `GET /v1/receipts/{envelope_id}`: what became of an envelope.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use shared::ids::EnvelopeId;
use uuid::Uuid;

use crate::http::Desk;
use crate::http::error::ApiError;
use crate::query::InvalidQuery;
use crate::reports::{self, Receipt};

/// The receipt of the envelope in the path.
pub(super) async fn receipt(
    request: HttpRequest,
    path: Path<String>,
    desk: Data<Desk>,
) -> Result<Json<Receipt>, ApiError> {
    desk.answer(&request, async |snapshot, scope| {
        let envelope_id = envelope_id(&path)?;
        reports::receipt(snapshot, &scope, envelope_id).await?.ok_or(ApiError::UnknownEnvelope)
    })
    .await
}

fn envelope_id(text: &str) -> Result<EnvelopeId, InvalidQuery> {
    let id = Uuid::parse_str(text).ok().and_then(|id| EnvelopeId::try_from(id).ok());
    id.ok_or_else(|| {
        InvalidQuery::new("envelope_id", "must be a UUID of version 7, as the collector answered it")
    })
}
