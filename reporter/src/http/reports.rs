//! `GET /v1/reports/…`: key, query, snapshot, report, JSON.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Query};
use serde::Serialize;
use shared::clock;

use crate::auth::{ProjectScope, SHARE_PARAMETER};
use crate::db::{DatabaseError, Snapshot};
use crate::http::Desk;
use crate::http::error::ApiError;
use crate::query::{InvalidQuery, Question, ReportQuery, Takes};
use crate::reports;

/// The whole dashboard.
pub(super) async fn overview(
    request: HttpRequest,
    desk: Data<Desk>,
) -> Result<Json<impl Serialize>, ApiError> {
    desk.report(&request, Takes::NOTHING, reports::overview).await
}

/// The interactions over time.
pub(super) async fn interactions(
    request: HttpRequest,
    desk: Data<Desk>,
) -> Result<Json<impl Serialize>, ApiError> {
    desk.report(&request, Takes::NOTHING, reports::interactions).await
}

/// The impressions over time.
pub(super) async fn impressions(
    request: HttpRequest,
    desk: Data<Desk>,
) -> Result<Json<impl Serialize>, ApiError> {
    desk.report(&request, Takes::NOTHING, reports::impressions).await
}

/// The widgets with the most interactions.
pub(super) async fn top_widgets(
    request: HttpRequest,
    desk: Data<Desk>,
) -> Result<Json<impl Serialize>, ApiError> {
    desk.report(&request, Takes::TOP_WIDGETS, reports::top_widgets).await
}

/// The widgets by impressions.
pub(super) async fn impressions_by_widget(
    request: HttpRequest,
    desk: Data<Desk>,
) -> Result<Json<impl Serialize>, ApiError> {
    desk.report(&request, Takes::NOTHING, reports::impressions_by_widget).await
}

/// The places by impressions.
pub(super) async fn impressions_by_location(
    request: HttpRequest,
    desk: Data<Desk>,
) -> Result<Json<impl Serialize>, ApiError> {
    desk.report(&request, Takes::LOCATION, reports::impressions_by_location).await
}

/// What rules dropped.
pub(super) async fn dropped(
    request: HttpRequest,
    desk: Data<Desk>,
) -> Result<Json<impl Serialize>, ApiError> {
    desk.report(&request, Takes::NOTHING, reports::dropped).await
}

/// Events by a property of theirs.
pub(super) async fn breakdown(
    request: HttpRequest,
    desk: Data<Desk>,
) -> Result<Json<impl Serialize>, ApiError> {
    desk.report(&request, Takes::BREAKDOWN, reports::breakdown).await
}

/// The visitors and their sessions.
pub(super) async fn visitors(
    request: HttpRequest,
    desk: Data<Desk>,
) -> Result<Json<impl Serialize>, ApiError> {
    desk.report(&request, Takes::NOTHING, reports::visitors).await
}

/// How far sessions go.
pub(super) async fn funnel(
    request: HttpRequest,
    desk: Data<Desk>,
) -> Result<Json<impl Serialize>, ApiError> {
    desk.report(&request, Takes::FUNNEL, reports::funnel).await
}

/// What visitors asked.
pub(super) async fn questions(
    request: HttpRequest,
    desk: Data<Desk>,
) -> Result<Json<impl Serialize>, ApiError> {
    desk.report(&request, Takes::LIST, reports::questions).await
}

/// Which contacts visitors clicked.
pub(super) async fn contact_labels(
    request: HttpRequest,
    desk: Data<Desk>,
) -> Result<Json<impl Serialize>, ApiError> {
    desk.report(&request, Takes::LIST, reports::contact_labels).await
}

impl Desk {
    /// Answers `request` by `report`. The key comes first: without one, nothing else is told.
    async fn report<T, E>(
        &self,
        request: &HttpRequest,
        takes: Takes,
        report: impl AsyncFnOnce(&Snapshot<'_>, &ProjectScope, &Question) -> Result<T, E>,
    ) -> Result<Json<T>, ApiError>
    where
        ApiError: From<E>,
    {
        let now = clock::now();
        self.answer(request, async |snapshot, scope| {
            let query = ReportQuery::parse(&parameters(request)?, takes)?;
            let (scope, question) = Question::work_out(query, scope, &self.kept, now, snapshot).await?;
            Ok(report(snapshot, &scope, &question).await?)
        })
        .await
    }

    /// Answers `request` from one snapshot, for the scope of the key it carries.
    pub(super) async fn answer<T>(
        &self,
        request: &HttpRequest,
        read: impl AsyncFnOnce(&Snapshot<'_>, ProjectScope) -> Result<T, ApiError>,
    ) -> Result<Json<T>, ApiError> {
        let answer = async {
            let scope = self.admit(request).await?.scope;
            self.database.read(async |snapshot| read(snapshot, scope).await).await
        };
        answer.await.map(Json).inspect_err(|error| self.record(error))
    }

    /// Counts the database's failures; logs those that are our fault, and no others, since an outage would fill the log.
    fn record(&self, error: &ApiError) {
        let ApiError::Database(error) = error else { return };
        self.metrics.database_failed(error);
        if let DatabaseError::Fault(_) = error {
            tracing::error!(error = error.in_full(), "a question failed");
        }
    }
}

/// The query string's pairs, decoded, less the one that lets in whoever asks.
fn parameters(request: &HttpRequest) -> Result<Vec<(String, String)>, InvalidQuery> {
    let pairs = Query::<Vec<(String, String)>>::from_query(request.query_string());
    let mut pairs = pairs
        .map(Query::into_inner)
        .map_err(|_| InvalidQuery::new("query", "must be name=value pairs, joined by &"))?;
    pairs.retain(|(name, _)| name != SHARE_PARAMETER);
    Ok(pairs)
}
