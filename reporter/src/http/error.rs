//! What a client is told when it gets no answer: the only place that knows status codes.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use shared::rate::Limited;
use utoipa::ToSchema;

use crate::auth::AuthError;
use crate::db::DatabaseError;
use crate::live::Refused;
use crate::query::{InvalidQuery, UnansweredQuery};
use crate::reports::BreakdownError;

/// When to ask again after a 503, in seconds.
const RETRY_AFTER_S: u64 = 2;
/// Longest that is added to when to ask again after a 429, in seconds: who was refused together does not come back together.
const LIMITED_JITTER_S: u64 = 2;

/// Why a request got no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("send a valid key, as Authorization: Bearer ffk_…, or use a share link that has not ended")]
    Unauthorized,
    #[error("a share link does not open this; ask with a key")]
    NotShared,
    #[error("you ask too often; ask again after Retry-After seconds")]
    Limited(Limited),
    #[error("{}", streams_words(*.0))]
    TooManyStreams(Refused),
    #[error(
        "one of the projects named is unknown to this key; leave project_id out to see every project of it"
    )]
    UnknownProject,
    #[error(
        "no envelope of this id is known to this key; one that was accepted a moment ago may not be stored yet"
    )]
    UnknownEnvelope,
    #[error("{}", .0.problem())]
    InvalidQuery(InvalidQuery),
    #[error(transparent)]
    TooBroad(BreakdownError),
    #[error(transparent)]
    Expired(BreakdownError),
    #[error("{}", client_words(.0))]
    Database(#[source] DatabaseError),
    #[error("this path takes GET only")]
    MethodNotAllowed,
    #[error("there is nothing here; reports are under /v1/reports/, receipts under /v1/receipts/")]
    NoSuchRoute,
}

/// What a refused client is told.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub(super) struct ErrorBody<'a> {
    error: ErrorDetail<'a>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ErrorDetail<'a> {
    /// Stable: programs go by it.
    #[schema(schema_with = super::openapi::code)]
    code: &'static str,
    /// For people: what to change.
    message: String,
    /// The parameter that is to be changed, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    field: Option<&'a str>,
}

/// What a client may know of the database's trouble.
fn client_words(error: &DatabaseError) -> &'static str {
    match error {
        DatabaseError::Busy | DatabaseError::Away(_) | DatabaseError::Conflict => {
            "the database is busy or away; ask again in a moment"
        }
        DatabaseError::TooSlow => {
            "the answer took too long; ask for a shorter period or fewer projects, or again later"
        }
        DatabaseError::Fault(_) => "the answer could not be made; this is our fault",
    }
}

fn streams_words(refused: Refused) -> &'static str {
    match refused {
        Refused::ByHolder => {
            "as many live streams are open with this key as may be; close one, or come back later"
        }
        Refused::Full => "as many live streams are open here as may be; come back later",
    }
}

impl ApiError {
    /// The stable name.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::NotShared => "not_shared",
            Self::Limited(_) => "rate_limited",
            Self::TooManyStreams(_) => "too_many_streams",
            Self::UnknownProject => "unknown_project",
            Self::UnknownEnvelope => "unknown_envelope",
            Self::InvalidQuery(_) => "invalid_query",
            Self::TooBroad(_) => "too_broad",
            Self::Expired(_) => "expired",
            Self::Database(DatabaseError::Busy | DatabaseError::Away(_) | DatabaseError::Conflict) => {
                "unavailable"
            }
            Self::Database(DatabaseError::TooSlow) => "too_slow",
            Self::Database(DatabaseError::Fault(_)) => "internal",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NoSuchRoute => "not_found",
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::UnknownProject => Some("project_id"),
            Self::UnknownEnvelope => Some("envelope_id"),
            Self::InvalidQuery(invalid) => Some(invalid.field()),
            _ => None,
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NotShared => StatusCode::FORBIDDEN,
            Self::Limited(_) | Self::TooManyStreams(Refused::ByHolder) => StatusCode::TOO_MANY_REQUESTS,
            Self::TooManyStreams(Refused::Full) => StatusCode::SERVICE_UNAVAILABLE,
            Self::UnknownProject | Self::UnknownEnvelope | Self::NoSuchRoute => StatusCode::NOT_FOUND,
            Self::InvalidQuery(_) | Self::TooBroad(_) | Self::Expired(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Database(DatabaseError::Fault(_)) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Database(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        if let Self::Limited(Limited { retry_after }) = self {
            let whole_s = retry_after.as_secs() + 1 + fastrand::u64(0..=LIMITED_JITTER_S);
            response.insert_header((header::RETRY_AFTER, whole_s));
        }
        match status {
            StatusCode::UNAUTHORIZED => response.insert_header((header::WWW_AUTHENTICATE, "Bearer")),
            StatusCode::METHOD_NOT_ALLOWED => response.insert_header((header::ALLOW, "GET")),
            StatusCode::TOO_MANY_REQUESTS if matches!(self, Self::TooManyStreams(_)) => {
                response.insert_header((header::RETRY_AFTER, RETRY_AFTER_S))
            }
            StatusCode::SERVICE_UNAVAILABLE => response.insert_header((header::RETRY_AFTER, RETRY_AFTER_S)),
            _ => &mut response,
        };
        let error = ErrorDetail { code: self.code(), message: self.to_string(), field: self.field() };
        response.json(ErrorBody { error })
    }
}

impl From<DatabaseError> for ApiError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl From<BreakdownError> for ApiError {
    fn from(error: BreakdownError) -> Self {
        match error {
            BreakdownError::TooBroad { .. } => Self::TooBroad(error),
            BreakdownError::Expired => Self::Expired(error),
            BreakdownError::Database(error) => Self::Database(error),
        }
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        Self::TooManyStreams(refused)
    }
}

impl From<InvalidQuery> for ApiError {
    fn from(invalid: InvalidQuery) -> Self {
        Self::InvalidQuery(invalid)
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Unauthorized => Self::Unauthorized,
            AuthError::UnknownProject => Self::UnknownProject,
            AuthError::NotShared => Self::NotShared,
            AuthError::Limited(limited) => Self::Limited(limited),
            AuthError::Database(error) => Self::Database(error),
        }
    }
}

impl From<UnansweredQuery> for ApiError {
    fn from(error: UnansweredQuery) -> Self {
        match error {
            UnansweredQuery::Invalid(invalid) => Self::InvalidQuery(invalid),
            UnansweredQuery::Auth(error) => error.into(),
            UnansweredQuery::Database(error) => Self::Database(error),
        }
    }
}
