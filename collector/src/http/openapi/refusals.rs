//! Every code that a request can be refused with, and its status: one list, for the document and for `docs/errors.md`.

use std::sync::LazyLock;

use crate::payload::Mistake;

/// A route that refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// `POST /v1/events`
    Events,
    /// `GET /v1/pixel.gif`
    Pixel,
}

/// One way to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub(super) status: u16,
    /// The stable name.
    pub(super) code: &'static str,
    /// The routes that refuse so; none where no known route was asked.
    routes: &'static [Route],
}

impl Refusal {
    /// Whether a route refuses so.
    pub(super) fn is_of(&self, route: Route) -> bool {
        self.routes.contains(&route)
    }

    /// Whether the same bytes may be taken later.
    pub(super) fn is_worth_a_retry(&self) -> bool {
        matches!(self.status, 429 | 503)
    }
}

const NEITHER: &[Route] = &[];
const EVENTS: &[Route] = &[Route::Events];
const PIXEL: &[Route] = &[Route::Pixel];
const BOTH: &[Route] = &[Route::Events, Route::Pixel];

/// What is wrong with a request as a whole, or not with the request at all.
const OF_REQUESTS: [(u16, &str, &[Route]); 18] = [
    (400, "not_json", EVENTS),
    (400, "body_broken_off", EVENTS),
    (401, "bad_key", BOTH),
    (403, "origin_not_allowed", BOTH),
    (404, "unknown_project", BOTH),
    (404, "not_found", NEITHER),
    (405, "method_not_allowed", NEITHER),
    (408, "body_too_slow", EVENTS),
    (413, "body_too_large", EVENTS),
    (415, "unsupported_media_type", EVENTS),
    (415, "unsupported_encoding", EVENTS),
    (429, "rate_limited", BOTH),
    (500, "internal", BOTH),
    (503, "overloaded", BOTH),
    (503, "queue_full", BOTH),
    (503, "queue_unavailable", BOTH),
    (503, "queue_slow", BOTH),
    (503, "keys_unavailable", BOTH),
];

/// Every refusal there is.
pub(super) static REFUSALS: LazyLock<Vec<Refusal>> = LazyLock::new(|| {
    let of_requests = OF_REQUESTS.map(|(status, code, routes)| Refusal { status, code, routes });
    of_requests.into_iter().chain(Mistake::ALL.map(of_field)).collect()
});

/// What is wrong with a field.
fn of_field(mistake: Mistake) -> Refusal {
    let status = if mistake == Mistake::KeyRequired { 401 } else { 422 };
    let routes = match mistake {
        Mistake::MissingField
        | Mistake::BadField
        | Mistake::BadUuid
        | Mistake::BadEnvelopeId
        | Mistake::BadProjectId
        | Mistake::BadUrl
        | Mistake::TextTooLong => BOTH,
        Mistake::NotUtf8 => PIXEL,
        _ => EVENTS,
    };
    Refusal { status, code: mistake.as_str(), routes }
}
