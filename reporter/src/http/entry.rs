//! Who comes in: every route but the public ones asks here first, before it tells or reads anything.

use actix_web::HttpRequest;

use crate::auth::{Admitted, AuthError};
use crate::http::Desk;
use crate::http::error::ApiError;

/// What a share link opens. All else wants a key, a new route as long as it does not stand here: whoever shares a dashboard
/// shares counts, not what visitors wrote (questions), nor what became of single requests (receipts).
pub(super) const OPEN_TO_SHARES: [&str; 12] = [
    "/v1/reports/overview",
    "/v1/reports/interactions",
    "/v1/reports/impressions",
    "/v1/reports/top-widgets",
    "/v1/reports/impressions-by-widget",
    "/v1/reports/impressions-by-location",
    "/v1/reports/dropped",
    "/v1/reports/visitors",
    "/v1/reports/breakdown",
    "/v1/reports/funnel",
    "/v1/reports/contact-labels",
    "/v1/reports/live",
];

impl Desk {
    /// Whoever sends `request`, if they may ask for its route.
    ///
    /// # Errors
    /// What to tell them.
    pub(super) async fn admit(&self, request: &HttpRequest) -> Result<Admitted, ApiError> {
        let admitted = self.shared.eyes.admit(request, &self.database).await?;
        let is_open = request.match_pattern().is_some_and(|route| OPEN_TO_SHARES.contains(&route.as_str()));
        if admitted.is_by_share() && !is_open {
            return Err(AuthError::NotShared.into());
        }
        Ok(admitted)
    }
}
