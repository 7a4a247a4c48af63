//! The desk that handlers work at: key, query, what is kept or else read, answer.

use std::sync::Arc;

use actix_web::web::Json;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use shared::clock;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::auth::{Eyes, ProjectScope, SHARE_PARAMETER};
use crate::db::{Database, Snapshot};
use crate::fresh::Fresh;
use crate::http::answer::Answer;
use crate::http::answers::{AnswerKey, Answers};
use crate::http::error::ApiError;
use crate::http::format::Format;
use crate::kept::Kept;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::query::{self, InvalidQuery, Question, ReportQuery, Takes};
use crate::reports::Report;

/// What whoever wants a report as CSV is told that is no table.
const NO_TABLE: &str = "this report is more than one table and comes as JSON alone; ask for its parts: interactions, \
                        impressions, top-widgets, impressions-by-widget, impressions-by-location";

/// What every handler of one HTTP worker works with; clones share all of it.
#[derive(Clone)]
pub(crate) struct Desk {
    /// The worker's own connections.
    pub(crate) database: Arc<Database>,
    /// What all workers have together.
    pub(crate) shared: Shared,
}

/// What all HTTP workers have together.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) eyes: Arc<Eyes>,
    pub(crate) kept: Arc<Kept>,
    pub(crate) answers: Answers,
    pub(crate) live: Live,
    pub(crate) metrics: Metrics,
    /// Cancelled when the process is to end.
    pub(crate) shutdown: CancellationToken,
}

impl Desk {
    /// Answers `request` by `report`. The key comes first: without one, nothing else is told.
    pub(super) async fn report<T, E>(
        &self,
        request: &HttpRequest,
        takes: Takes,
        report: impl AsyncFnOnce(&Snapshot<'_>, &ProjectScope, &Question) -> Result<T, E> + 'static,
    ) -> HttpResponse
    where
        T: Report,
        ApiError: From<E>,
    {
        match self.find(request, takes, report).await {
            Ok(answer) => answer.respond(request),
            Err(error) => error.error_response(),
        }
    }

    async fn find<T, E>(
        &self,
        request: &HttpRequest,
        takes: Takes,
        report: impl AsyncFnOnce(&Snapshot<'_>, &ProjectScope, &Question) -> Result<T, E> + 'static,
    ) -> Result<Arc<Answer>, Arc<ApiError>>
    where
        T: Report,
        ApiError: From<E>,
    {
        let now = clock::now();
        let (scope, query, key) = self.asked(request, takes, !T::COLUMNS.is_empty()).await?;
        let (desk, route, format) = (self.clone(), key.route.clone(), key.format);
        let reading = async move {
            let (question, report, fresh) = desk.read(scope, query, now, report).await?;
            let answer = match format {
                Format::Json => Answer::json(&report, fresh),
                Format::Csv => Answer::csv(&report, fresh, file_name(&route, &question)),
            };
            answer.map_err(ApiError::Database).inspect_err(|error| desk.record(error))
        };
        self.shared.answers.find(key, reading).await
    }

    /// Who asks, what, and what answers to it are kept under.
    async fn asked(
        &self,
        request: &HttpRequest,
        takes: Takes,
        is_table: bool,
    ) -> Result<(ProjectScope, ReportQuery, AnswerKey), ApiError> {
        let scope = self.admit(request).await.inspect_err(|error| self.record(error))?.scope;
        let mut parameters = parameters(request)?;
        let format = Format::take(&mut parameters)?;
        if format == Format::Csv && !is_table {
            return Err(InvalidQuery::new("format", NO_TABLE).into());
        }
        let query = ReportQuery::parse(&parameters, takes)?;
        let route = request.match_pattern().unwrap_or_default();
        let part = scope.part(query.project_ids())?;
        let key = AnswerKey { scope: part, route, query: query.of_any_project(), format };
        Ok((scope, query, key))
    }

    /// Reads the report, and how fresh it is, from one snapshot.
    async fn read<T, E>(
        &self,
        scope: ProjectScope,
        query: ReportQuery,
        now: OffsetDateTime,
        report: impl AsyncFnOnce(&Snapshot<'_>, &ProjectScope, &Question) -> Result<T, E>,
    ) -> Result<(Question, T, Fresh), ApiError>
    where
        T: Report,
        ApiError: From<E>,
    {
        let read = async |snapshot: &Snapshot<'_>| -> Result<_, ApiError> {
            let (scope, question) =
                Question::work_out(query, scope, &self.shared.kept, now, snapshot).await?;
            // Boxed, since the largest report's would weigh on the stack below every one.
            let report = Box::pin(report(snapshot, &scope, &question));
            let report = async { report.await.map_err(ApiError::from) };
            let fresh = async { Fresh::read(snapshot).await.map_err(ApiError::Database) };
            let (report, fresh) = tokio::try_join!(report, fresh)?;
            Ok((question, report, fresh))
        };
        self.database.read(read).await.inspect_err(|error| self.record(error))
    }

    /// Answers `request` from one snapshot, for the scope of the key it carries; never from what was kept.
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

    /// Counts an error that is the database's.
    pub(super) fn record(&self, error: &ApiError) {
        if let ApiError::Database(error) = error {
            self.shared.metrics.database_failed(error);
        }
    }
}

/// What a browser saves a table as: made of our own words and of dates alone.
fn file_name(route: &str, question: &Question) -> String {
    let report = route.rsplit('/').next().unwrap_or_default();
    let (from, to) = (question.period.from(), question.period.to());
    format!("footfall-{report}-{from}-{to}.csv")
}

/// The query string's pairs, decoded, less the one that let in whoever asks.
pub(super) fn parameters(request: &HttpRequest) -> Result<Vec<(String, String)>, InvalidQuery> {
    let mut pairs = query::parameters(request.query_string())?;
    pairs.retain(|(name, _)| name != SHARE_PARAMETER);
    Ok(pairs)
}
