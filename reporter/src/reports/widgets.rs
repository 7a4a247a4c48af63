//! Impressions and interactions by widget: the top list and the donut.

mod days;

use std::cmp::Reverse;

use serde::Serialize;
use time::Date;
use tokio_postgres::types::ToSql;
use utoipa::ToSchema;

use self::days::{Part, WholeDays};
use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{Instants, Quarter, Question, first_quarter_utc};
use crate::reports::period::AnsweredPeriod;
use crate::reports::quarters::{Counts, counts};
use crate::reports::{Cell, Report};

/// Most widgets in the donut; past it, the quietest are left out.
const WIDGETS_MAX: usize = 1_000;

/// A widget in the top list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TopWidget {
    project_id: String,
    name: String,
    interactions: i64,
}

/// A widget in the donut.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WidgetImpressions {
    project_id: String,
    name: String,
    impressions: i64,
}

/// The widgets with the most interactions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TopWidgets {
    period: AnsweredPeriod,
    /// Descending, ties by id; at most as many as asked for.
    top_widgets: Vec<TopWidget>,
}

/// The widgets that were loaded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImpressionsByWidget {
    period: AnsweredPeriod,
    /// Descending, ties by id; at most [`WIDGETS_MAX`].
    impressions_by_widget: Vec<WidgetImpressions>,
}

impl Report for TopWidgets {
    const COLUMNS: &'static [&'static str] = &["project_id", "name", "interactions"];

    fn rows(&self) -> Vec<Vec<Cell<'_>>> {
        self.top_widgets.iter().map(TopWidget::cells).collect()
    }
}

impl TopWidget {
    fn cells(&self) -> Vec<Cell<'_>> {
        let Self { project_id, name, interactions } = self;
        vec![project_id.into(), name.into(), (*interactions).into()]
    }
}

impl Report for ImpressionsByWidget {
    const COLUMNS: &'static [&'static str] = &["project_id", "name", "impressions"];

    fn rows(&self) -> Vec<Vec<Cell<'_>>> {
        self.impressions_by_widget.iter().map(WidgetImpressions::cells).collect()
    }
}

impl WidgetImpressions {
    fn cells(&self) -> Vec<Cell<'_>> {
        let Self { project_id, name, impressions } = self;
        vec![project_id.into(), name.into(), (*impressions).into()]
    }
}

/// The widgets with the most interactions, at most as many as asked for.
pub(crate) async fn top_widgets(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<TopWidgets, DatabaseError> {
    let top_widgets = widgets(snapshot, scope, question).await?.top(question.limit);
    Ok(TopWidgets { period: AnsweredPeriod::of(question)?, top_widgets })
}

/// The widgets that were loaded, at most [`WIDGETS_MAX`].
pub(crate) async fn impressions_by_widget(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<ImpressionsByWidget, DatabaseError> {
    let impressions_by_widget = widgets(snapshot, scope, question).await?.by_impressions();
    Ok(ImpressionsByWidget { period: AnsweredPeriod::of(question)?, impressions_by_widget })
}

/// Every widget of the scope where anything happened.
pub(super) async fn widgets(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<Widgets, DatabaseError> {
    let days = WholeDays::of(question.instants);
    let quarters = |of: fn(&Part) -> Quarter| -> Vec<i32> {
        days.parts
            .iter()
            .map(|part| i32::try_from(of(part) - first_quarter_utc(part.date)).unwrap_or_default())
            .collect()
    };
    let dates: Vec<Date> = days.parts.iter().map(|part| part.date).collect();
    let (firsts, lasts) = (quarters(|part| part.quarters.start + 1), quarters(|part| part.quarters.end));
    let instants = days.parts.iter().map(|part| Instants::of(part.quarters.clone()));
    let (starts_at, ends_at): (Vec<_>, Vec<_>) = instants.map(|part| (part.starts_at, part.ends_at)).unzip();
    let signs: Vec<i32> = days.parts.iter().map(|part| if part.is_taken_away { -1 } else { 1 }).collect();
    let parameters: [&(dyn ToSql + Sync); 9] = [
        &scope.project_ids(),
        &days.first,
        &days.last,
        &dates,
        &firsts,
        &lasts,
        &starts_at,
        &ends_at,
        &signs,
    ];
    let rows = snapshot.rows(include_str!("widgets.sql"), &parameters).await?;
    let widget = |row: &tokio_postgres::Row| {
        Ok(Widget {
            project_id: row.try_get("project_id")?,
            name: row.try_get("name")?,
            counts: counts(row)?,
        })
    };
    Ok(Widgets(rows.iter().map(widget).collect::<Result<_, tokio_postgres::Error>>()?))
}

/// Widgets in no order, each with both its counts.
pub(super) struct Widgets(Vec<Widget>);

#[derive(Clone)]
struct Widget {
    project_id: String,
    name: String,
    counts: Counts,
}

impl Widgets {
    /// The `limit` with the most events, ties by id, each with its name.
    pub(super) fn busiest(&self, limit: usize) -> Vec<(String, String)> {
        let busiest = self.descending(|widget| widget.counts.impressions + widget.counts.interactions, limit);
        busiest.into_iter().map(|widget| (widget.project_id, widget.name)).collect()
    }

    /// The `limit` with the most interactions, ties by id; one without any is no top widget.
    pub(super) fn top(&self, limit: usize) -> Vec<TopWidget> {
        let first = self.descending(|widget| widget.counts.interactions, limit);
        let top = |Widget { project_id, name, counts }| TopWidget {
            project_id,
            name,
            interactions: counts.interactions,
        };
        first.into_iter().map(top).collect()
    }

    /// The [`WIDGETS_MAX`] with the most impressions, ties by id; one without any is left out.
    pub(super) fn by_impressions(&self) -> Vec<WidgetImpressions> {
        let first = self.descending(|widget| widget.counts.impressions, WIDGETS_MAX);
        let loaded = |Widget { project_id, name, counts }| WidgetImpressions {
            project_id,
            name,
            impressions: counts.impressions,
        };
        first.into_iter().map(loaded).collect()
    }

    fn descending(&self, count: fn(&Widget) -> i64, limit: usize) -> Vec<Widget> {
        let mut widgets: Vec<&Widget> = self.0.iter().filter(|widget| count(widget) > 0).collect();
        widgets.sort_unstable_by_key(|widget| (Reverse(count(widget)), &widget.project_id));
        widgets.into_iter().take(limit).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widget(project_id: &str, impressions: i64, interactions: i64) -> Widget {
        let counts = Counts { impressions, interactions };
        Widget { project_id: project_id.to_owned(), name: String::new(), counts }
    }

    #[test]
    fn the_top_is_cut_at_its_limit_and_ties_go_by_id() {
        let widgets =
            Widgets(vec![widget("c", 0, 5), widget("b", 0, 5), widget("a", 9, 1), widget("d", 9, 0)]);
        let ids: Vec<String> = widgets.top(2).into_iter().map(|top| top.project_id).collect();
        assert_eq!(ids, ["b", "c"]);
        assert_eq!(widgets.top(100).len(), 3, "a widget without interactions is no top widget");
    }

    #[test]
    fn the_donut_takes_its_most_widgets_and_not_one_more() {
        let widgets = Widgets((0..=WIDGETS_MAX).map(|n| widget(&format!("p{n}"), 1, 0)).collect());
        assert_eq!(widgets.by_impressions().len(), WIDGETS_MAX);
    }
}
