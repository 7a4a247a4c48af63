//! Every code that a question can be refused with, its status, and where: one list for the document.

use crate::http::entry::OPEN_TO_SHARES;

/// Where something is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    /// Whatever is asked for with a key.
    Everywhere,
    /// In reports.
    Reports,
    /// In the live view.
    Live,
    /// In reports that take filters.
    Breakdowns,
    /// Where share links do not lead.
    Unshared,
    /// Of receipts.
    Receipts,
    /// Where no route was found.
    Nowhere,
}

/// One way to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub(super) status: u16,
    /// The stable name.
    pub(super) code: &'static str,
    at: Where,
}

impl Refusal {
    /// Whether a route refuses so.
    pub(super) fn is_of(&self, path: &str) -> bool {
        match self.at {
            Where::Everywhere => true,
            Where::Reports => path.starts_with("/v1/reports/"),
            Where::Live => path.ends_with("/live"),
            Where::Breakdowns => path.ends_with("/breakdown"),
            Where::Unshared => !OPEN_TO_SHARES.contains(&path),
            Where::Receipts => path.starts_with("/v1/receipts/"),
            Where::Nowhere => false,
        }
    }
}

const fn refusal(status: u16, code: &'static str, at: Where) -> Refusal {
    Refusal { status, code, at }
}

/// Every refusal there is.
pub(super) const REFUSALS: [Refusal; 15] = [
    refusal(401, "unauthorized", Where::Everywhere),
    refusal(403, "not_shared", Where::Unshared),
    refusal(404, "unknown_project", Where::Reports),
    refusal(404, "unknown_envelope", Where::Receipts),
    refusal(404, "not_found", Where::Nowhere),
    refusal(405, "method_not_allowed", Where::Nowhere),
    refusal(422, "invalid_query", Where::Everywhere),
    refusal(422, "too_broad", Where::Breakdowns),
    refusal(422, "expired", Where::Breakdowns),
    refusal(429, "rate_limited", Where::Everywhere),
    refusal(429, "too_many_streams", Where::Live),
    refusal(500, "internal", Where::Everywhere),
    refusal(503, "unavailable", Where::Everywhere),
    refusal(503, "too_slow", Where::Everywhere),
    refusal(503, "too_many_streams", Where::Live),
];
