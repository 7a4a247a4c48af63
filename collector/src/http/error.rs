//! What a client is told when it is refused: the only place that knows status codes.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use shared::ids::ProjectId;
use utoipa::ToSchema;

use super::openapi::code;
use crate::payload::{Mistake, RejectReason};
use crate::publisher::Unpublished;
use crate::rate::Limited;

/// Longest wait asked of a limited client on top of what its bucket needs, in seconds.
const LIMITED_JITTER_S: u64 = 2;

/// Why a request was refused; what is sent again with the same `envelope_id` counts once.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CollectError {
    #[error("send the envelope as application/json or text/plain")]
    UnsupportedMediaType,
    #[error("send the body as it is, without Content-Encoding")]
    UnsupportedEncoding,
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
    #[error(
        "there is no project {0}; use the project_id of your widget's script tag, and see that it was added"
    )]
    UnknownProject(ProjectId),
    #[error(
        "pages of this origin may not send for this project; its owner can add the origin to the project's list"
    )]
    OriginNotAllowed,
    #[error(
        "the secret key is not valid for this project; send Authorization: Bearer ffi_…, or no key at all"
    )]
    BadKey,
    #[error("secret keys can't be checked at the moment; try again later with the same envelope_id")]
    KeysUnavailable,
    #[error(
        "too many requests; send fewer and larger envelopes, and try again later with the same envelope_id"
    )]
    Limited(#[from] Limited),
    #[error("the envelope could not be encoded; this is our fault")]
    Internal(#[source] serde_json::Error),
    #[error("this path takes {allow} only")]
    MethodNotAllowed { allow: &'static str },
    #[error("there is nothing here; events go to POST /v1/events")]
    NoSuchRoute,
}

impl CollectError {
    /// The stable name that clients and metrics go by.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::UnsupportedEncoding => "unsupported_encoding",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::BodyTooSlow { .. } => "body_too_slow",
            Self::BodyBrokenOff => "body_broken_off",
            Self::Rejected(reason) => reason.code(),
            Self::Unpublished(Unpublished::Overloaded) => "overloaded",
            Self::Unpublished(Unpublished::QueueFull) => "queue_full",
            Self::Unpublished(Unpublished::Unavailable) => "queue_unavailable",
            Self::Unpublished(Unpublished::TimedOut) => "queue_slow",
            Self::UnknownProject(_) => "unknown_project",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::BadKey => "bad_key",
            Self::KeysUnavailable => "keys_unavailable",
            Self::Limited(_) => "rate_limited",
            Self::Internal(_) => "internal",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::NoSuchRoute => "not_found",
        }
    }

    /// The path of the field that is to be changed, where it is one.
    fn field(&self) -> Option<&str> {
        match self {
            Self::Rejected(RejectReason::BadField { field, .. }) => Some(field),
            Self::UnknownProject(_) => Some("project_id"),
            _ => None,
        }
    }

    /// The shortest and longest wait to ask of the client, in seconds, where trying again can help.
    fn retry_after_s(&self) -> Option<(u64, u64)> {
        match self {
            Self::Unpublished(Unpublished::Overloaded | Unpublished::TimedOut) => Some((1, 5)),
            Self::Unpublished(Unpublished::Unavailable) => Some((5, 30)),
            Self::Unpublished(Unpublished::QueueFull) => Some((30, 60)),
            Self::KeysUnavailable => Some((5, 30)),
            Self::Limited(Limited { retry_after }) => {
                let whole_s = retry_after.as_secs() + 1;
                Some((whole_s, whole_s + LIMITED_JITTER_S))
            }
            _ => None,
        }
    }
}

/// What a refused client reads.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct RefusalBody<'a> {
    error: RefusalDetail<'a>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ErrorDetail)]
pub(crate) struct RefusalDetail<'a> {
    /// The stable name of what is wrong.
    #[schema(schema_with = code)]
    code: &'static str,
    /// What is wrong, and what to change; for people, and free to be worded anew.
    message: String,
    /// The path of the field that is to be changed, as `events[3].url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    field: Option<&'a str>,
}

impl ResponseError for CollectError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::UnsupportedMediaType | Self::UnsupportedEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::BodyBrokenOff | Self::Rejected(RejectReason::NotJson { .. }) => StatusCode::BAD_REQUEST,
            Self::BadKey | Self::Rejected(RejectReason::BadField { mistake: Mistake::KeyRequired, .. }) => {
                StatusCode::UNAUTHORIZED
            }
            Self::Rejected(RejectReason::BadField { .. }) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::OriginNotAllowed => StatusCode::FORBIDDEN,
            Self::Limited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unpublished(_) | Self::KeysUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoSuchRoute | Self::UnknownProject(_) => StatusCode::NOT_FOUND,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let Some((shortest, longest)) = self.retry_after_s() {
            // Jittered, or every client of an outage comes back in the same second.
            response.insert_header((header::RETRY_AFTER, fastrand::u64(shortest..=longest).to_string()));
        }
        if let Self::MethodNotAllowed { allow } = self {
            response.insert_header((header::ALLOW, *allow));
        }
        let error = RefusalDetail { code: self.code(), message: self.to_string(), field: self.field() };
        response.json(RefusalBody { error })
    }
}
