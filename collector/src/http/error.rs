//! What a client is told when it is refused: the only place that knows status codes.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

use crate::payload::RejectReason;
use crate::publisher::Unpublished;

/// Why a request was refused; what is sent again with the same `envelope_id` counts once.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CollectError {
    #[error("send the envelope as application/json or text/plain")]
    UnsupportedMediaType,
    #[error("the body is over {limit_bytes} bytes; send fewer events in one envelope")]
    BodyTooLarge { limit_bytes: usize },
    #[error("the body did not arrive within {limit_s} s")]
    BodyTooSlow { limit_s: u64 },
    #[error("the body broke off")]
    BodyBrokenOff,
    #[error(transparent)]
    Rejected(#[from] RejectReason),
    #[error(transparent)]
    Unpublished(#[from] Unpublished),
    #[error("the envelope could not be encoded; this is our fault")]
    Internal(#[source] serde_json::Error),
    #[error("this path takes POST only")]
    MethodNotAllowed,
    #[error("there is nothing here; events go to POST /v1/events")]
    NoSuchRoute,
}

impl CollectError {
    /// The stable name that clients and metrics go by.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::BodyTooSlow { .. } => "body_too_slow",
            Self::BodyBrokenOff => "body_broken_off",
            Self::Rejected(reason) => reason.code(),
            Self::Unpublished(Unpublished::Overloaded) => "overloaded",
            Self::Unpublished(Unpublished::QueueFull) => "queue_full",
            Self::Unpublished(Unpublished::Unavailable) => "queue_unavailable",
            Self::Unpublished(Unpublished::TimedOut) => "queue_slow",
            Self::Internal(_) => "internal",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NoSuchRoute => "not_found",
        }
    }

    /// The shortest and longest wait to ask of the client, in seconds, where trying again can help.
    fn retry_after_s(&self) -> Option<(u64, u64)> {
        match self {
            Self::Unpublished(Unpublished::Overloaded | Unpublished::TimedOut) => Some((1, 5)),
            Self::Unpublished(Unpublished::Unavailable) => Some((5, 30)),
            Self::Unpublished(Unpublished::QueueFull) => Some((30, 60)),
            _ => None,
        }
    }
}

impl ResponseError for CollectError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::BodyBrokenOff | Self::Rejected(RejectReason::NotJson { .. }) => StatusCode::BAD_REQUEST,
            Self::Rejected(RejectReason::BadField { .. }) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unpublished(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoSuchRoute => StatusCode::NOT_FOUND,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let Some((shortest, longest)) = self.retry_after_s() {
            // Jittered, or every client of an outage comes back in the same second.
            response.insert_header((header::RETRY_AFTER, fastrand::u64(shortest..=longest).to_string()));
        }
        let mut error = json!({ "code": self.code(), "message": self.to_string() });
        if let Self::Rejected(RejectReason::BadField { field, .. }) = self {
            error["field"] = json!(field);
        }
        response.json(json!({ "error": error }))
    }
}
