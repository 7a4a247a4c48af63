//! All five components of the dashboard, from one snapshot: their numbers agree.

use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{LIST_MAX, Question};
use crate::reports::Report;
use crate::reports::locations::{Located, located};
use crate::reports::period::AnsweredPeriod;
use crate::reports::timeline::{CountOverTime, timeline};
use crate::reports::widgets::{TopWidget, WidgetImpressions, widgets};

/// The whole dashboard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Overview {
    period: AnsweredPeriod,
    interactions: CountOverTime,
    impressions: CountOverTime,
    top_widgets: Vec<TopWidget>,
    impressions_by_widget: Vec<WidgetImpressions>,
    #[serde(flatten)]
    located: Located,
}

impl Report for Overview {}

/// Every component, its statements sent together.
pub(crate) async fn overview(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<Overview, DatabaseError> {
    let (timeline, widgets, located) = tokio::try_join!(
        timeline(snapshot, scope, question),
        widgets(snapshot, scope, question),
        located(snapshot, scope, question, LIST_MAX),
    )?;
    Ok(Overview {
        period: AnsweredPeriod::of(question)?,
        interactions: timeline.interactions,
        impressions: timeline.impressions,
        top_widgets: widgets.top(question.limit),
        impressions_by_widget: widgets.by_impressions(),
        located,
    })
}
