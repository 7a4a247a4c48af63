//! What a request's head says, before its body is read: who sends, what, and how much.

use actix_web::HttpRequest;
use actix_web::http::header::{self, AsHeaderName};

use super::error::CollectError;

/// Largest request body, in bytes: what a browser lets a page send while it unloads.
pub(super) const BODY_BYTES_MAX: usize = 64 * 1024;

/// `text/plain` is what a page can send without a preflight; `application/json` is what it is. Neither is ever
/// compressed: a small body could unpack to a large one.
pub(super) fn check_content(request: &HttpRequest) -> Result<(), CollectError> {
    let essence =
        text(request, header::CONTENT_TYPE).and_then(|given| given.split(';').next()).unwrap_or("").trim();
    if !["application/json", "text/plain"].iter().any(|known| essence.eq_ignore_ascii_case(known)) {
        return Err(CollectError::UnsupportedMediaType);
    }
    match text(request, header::CONTENT_ENCODING) {
        None => Ok(()),
        Some(encoding) if encoding.trim().eq_ignore_ascii_case("identity") => Ok(()),
        Some(_) => Err(CollectError::UnsupportedEncoding),
    }
}

/// How large the body is going to be: what it says, or the most it may be.
pub(super) fn body_bytes(request: &HttpRequest) -> Result<usize, CollectError> {
    match text(request, header::CONTENT_LENGTH).and_then(|stated| stated.parse().ok()) {
        Some(bytes) if bytes > BODY_BYTES_MAX => {
            Err(CollectError::BodyTooLarge { limit_bytes: BODY_BYTES_MAX })
        }
        Some(bytes) => Ok(bytes),
        None => Ok(BODY_BYTES_MAX),
    }
}

/// Whether the browser fetches the page ahead of a visit: `Sec-Purpose: prefetch`, also with `;prerender`, or what browsers
/// sent before it was agreed on, `Purpose` and `X-Moz`.
pub(super) fn is_prefetch(request: &HttpRequest) -> bool {
    let asks = |name| {
        let purpose =
            text(request, name).and_then(|value| value.split([';', ',']).next()).unwrap_or_default();
        purpose.trim().eq_ignore_ascii_case("prefetch")
    };
    asks("sec-purpose") || asks("purpose") || asks("x-moz")
}

/// A header's value, if there is one and it is text.
pub(super) fn text(request: &HttpRequest, name: impl AsHeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
}
