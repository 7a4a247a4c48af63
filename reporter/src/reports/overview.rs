//! All five components of the dashboard, from one snapshot: their numbers agree.

use serde::Serialize;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::Question;
use crate::reports::Report;
use crate::reports::locations::{LocationImpressions, impressions_by_location};
use crate::reports::timeline::{CountOverTime, local_date, timeline};
use crate::reports::widgets::{TopWidget, WidgetImpressions, widgets};

/// The whole dashboard.
#[derive(Debug, Serialize)]
pub(crate) struct Overview {
    period: AnsweredPeriod,
    interactions: CountOverTime,
    impressions: CountOverTime,
    top_widgets: Vec<TopWidget>,
    impressions_by_widget: Vec<WidgetImpressions>,
    impressions_by_location: Vec<LocationImpressions>,
}

impl Report for Overview {}

/// The period that was answered, with what the client left out filled in.
#[derive(Debug, Serialize)]
struct AnsweredPeriod {
    from: String,
    to: String,
    tz: String,
}

/// Every component, its statements sent together.
pub(crate) async fn overview(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<Overview, DatabaseError> {
    let (timeline, widgets, impressions_by_location) = tokio::try_join!(
        timeline(snapshot, scope, question),
        widgets(snapshot, scope, question),
        impressions_by_location(snapshot, scope, question),
    )?;
    Ok(Overview {
        period: AnsweredPeriod {
            from: local_date(question.period.from())?,
            to: local_date(question.period.to())?,
            tz: question.time_zone.as_str().to_owned(),
        },
        interactions: timeline.interactions,
        impressions: timeline.impressions,
        top_widgets: widgets.top(question.top_widgets),
        impressions_by_widget: widgets.by_impressions(),
        impressions_by_location,
    })
}
