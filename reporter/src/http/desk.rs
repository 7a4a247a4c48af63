//! The desk that handlers work at: key, query, what is kept or else read, answer.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::{Json, Query};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use shared::clock;
use shared::secret_key::{READER_PREFIX, SecretKey};
use time::OffsetDateTime;

use crate::auth::ProjectScope;
use crate::db::{Database, DatabaseError, Snapshot};
use crate::fresh::Fresh;
use crate::http::answer::Answer;
use crate::http::answers::{AnswerKey, Answers};
use crate::http::error::ApiError;
use crate::http::format::Format;
use crate::metrics::Metrics;
use crate::query::{InvalidQuery, Limit, Question, ReportQuery, TimeZones};
use crate::reports::Report;

/// What whoever wants a report as CSV is told that is no table.
const NO_TABLE: &str = "this report is more than one table and comes as JSON alone; ask for its parts: interactions, \
                        impressions, top-widgets, impressions-by-widget, impressions-by-location";

/// What every handler of one HTTP worker works with; clones share all of it.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) database: Arc<Database>,
    pub(crate) time_zones: Arc<TimeZones>,
    pub(crate) answers: Answers,
    pub(crate) metrics: Metrics,
}

impl Desk {
    /// Answers `request` by `report`. The key comes first: without one, nothing else is told.
    pub(super) async fn report<T, E>(
        &self,
        request: &HttpRequest,
        limit: Limit,
        report: impl AsyncFnOnce(&Snapshot<'_>, &ProjectScope, &Question) -> Result<T, E> + 'static,
    ) -> HttpResponse
    where
        T: Report,
        ApiError: From<E>,
    {
        match self.find(request, limit, report).await {
            Ok(answer) => answer.respond(request),
            Err(error) => error.error_response(),
        }
    }

    async fn find<T, E>(
        &self,
        request: &HttpRequest,
        limit: Limit,
        report: impl AsyncFnOnce(&Snapshot<'_>, &ProjectScope, &Question) -> Result<T, E> + 'static,
    ) -> Result<Arc<Answer>, Arc<ApiError>>
    where
        T: Report,
        ApiError: From<E>,
    {
        let now = clock::now();
        let scope = self.scope(request).await?;
        let (query, format) = asked::<T>(request, limit).map_err(ApiError::InvalidQuery)?;
        let route = request.match_pattern().unwrap_or_default();
        let key = AnswerKey { scope, route, query, format };
        let (desk, asked) = (self.clone(), key.clone());
        self.answers.find(key, async move { desk.read(asked, now, report).await }).await
    }

    /// Reads the answer, and how fresh it is, from one snapshot.
    async fn read<T, E>(
        &self,
        asked: AnswerKey,
        now: OffsetDateTime,
        report: impl AsyncFnOnce(&Snapshot<'_>, &ProjectScope, &Question) -> Result<T, E>,
    ) -> Result<Answer, ApiError>
    where
        T: Report,
        ApiError: From<E>,
    {
        let AnswerKey { scope, route, query, format } = asked;
        let read = async |snapshot: &Snapshot<'_>| -> Result<_, ApiError> {
            let (scope, question) = Question::work_out(query, scope, &self.time_zones, now, snapshot).await?;
            let report = async { report(snapshot, &scope, &question).await.map_err(ApiError::from) };
            let fresh = async { Fresh::read(snapshot).await.map_err(ApiError::Database) };
            let (report, fresh) = tokio::try_join!(report, fresh)?;
            Ok((question, report, fresh))
        };
        let written = self.database.read(read).await.and_then(|(question, report, fresh)| {
            Ok(match format {
                Format::Json => Answer::json(&report, fresh)?,
                Format::Csv => Answer::csv(&report, fresh, file_name(&route, &question))?,
            })
        });
        written.inspect_err(|error| self.record(error))
    }

    /// What the key that `request` carries may see.
    async fn scope(&self, request: &HttpRequest) -> Result<ProjectScope, ApiError> {
        let key = SecretKey::from_header(request.headers().get(header::AUTHORIZATION), READER_PREFIX)
            .ok_or(ApiError::Unauthorized)?;
        let read = async |snapshot: &Snapshot<'_>| Ok(ProjectScope::of(&key, snapshot).await?);
        self.database.read(read).await.inspect_err(|error| self.record(error))
    }

    /// Answers `request` from one snapshot, for the scope of the key it carries; never from what was kept.
    pub(super) async fn answer<T>(
        &self,
        request: &HttpRequest,
        read: impl AsyncFnOnce(&Snapshot<'_>, ProjectScope) -> Result<T, ApiError>,
    ) -> Result<Json<T>, ApiError> {
        let scope = self.scope(request).await?;
        let read = async |snapshot: &Snapshot<'_>| read(snapshot, scope).await;
        self.database.read(read).await.map(Json).inspect_err(|error| self.record(error))
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

/// What a browser saves a table as: made of our own words and of dates alone.
fn file_name(route: &str, question: &Question) -> String {
    let report = route.rsplit('/').next().unwrap_or_default();
    let (from, to) = (question.period.from(), question.period.to());
    format!("footfall-{report}-{from}-{to}.csv")
}

/// What the query string asks for, and in which representation.
fn asked<T: Report>(request: &HttpRequest, limit: Limit) -> Result<(ReportQuery, Format), InvalidQuery> {
    let mut parameters = parameters(request)?;
    let format = Format::take(&mut parameters)?;
    if format == Format::Csv && T::COLUMNS.is_empty() {
        return Err(InvalidQuery::new("format", NO_TABLE));
    }
    Ok((ReportQuery::parse(&parameters, limit)?, format))
}

/// The query string's pairs, decoded.
fn parameters(request: &HttpRequest) -> Result<Vec<(String, String)>, InvalidQuery> {
    let pairs = Query::from_query(request.query_string());
    pairs
        .map(Query::into_inner)
        .map_err(|_| InvalidQuery::new("query", "must be name=value pairs, joined by &"))
}
