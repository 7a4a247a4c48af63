//! Impressions and interactions by widget: the top list and the donut.

use std::cmp::Reverse;
use std::ops::Range;

use serde::Serialize;
use time::{Date, Duration, OffsetDateTime};

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{Instants, QUARTERS_A_DAY, Quarter, Question, first_quarter_utc};
use crate::reports::period::AnsweredPeriod;
use crate::reports::quarters::{Counts, counts};
use crate::reports::{Cell, Report};

/// Most widgets in the donut; past it, the quietest are left out.
const WIDGETS_MAX: usize = 1_000;

/// A widget in the top list.
#[derive(Debug, Serialize)]
pub(crate) struct TopWidget {
    project_id: String,
    name: String,
    interactions: i64,
}

/// A widget in the donut.
#[derive(Debug, Serialize)]
pub(crate) struct WidgetImpressions {
    project_id: String,
    name: String,
    impressions: i64,
}

/// The widgets with the most interactions.
#[derive(Debug, Serialize)]
pub(crate) struct TopWidgets {
    period: AnsweredPeriod,
    /// Descending, ties by id; at most as many as asked for.
    top_widgets: Vec<TopWidget>,
}

/// The widgets that were loaded.
#[derive(Debug, Serialize)]
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
    let days = WidgetDays::of(question.instants);
    let sql = include_str!("widgets.sql");
    let rows = snapshot
        .rows(
            sql,
            &[
                &scope.project_ids(),
                &days.first,
                &days.last,
                &days.dates,
                &days.first_quarters,
                &days.last_quarters,
                &days.starts_at,
                &days.ends_at,
            ],
        )
        .await?;
    let widget = |row: &tokio_postgres::Row| {
        Ok(Widget {
            project_id: row.try_get("project_id")?,
            name: row.try_get("name")?,
            counts: counts(row)?,
        })
    };
    Ok(Widgets(rows.iter().map(widget).collect::<Result<_, tokio_postgres::Error>>()?))
}

/// A range of time as whole UTC days and at most two parts of days; an entry a part.
#[derive(Debug, PartialEq, Eq)]
struct WidgetDays {
    /// The whole days; none where the last lies before the first.
    first: Date,
    last: Date,
    dates: Vec<Date>,
    /// Which quarters of the day, counted from 1, the last included.
    first_quarters: Vec<i32>,
    last_quarters: Vec<i32>,
    starts_at: Vec<OffsetDateTime>,
    ends_at: Vec<OffsetDateTime>,
}

impl WidgetDays {
    fn of(instants: Instants) -> Self {
        let range = instants.quarters();
        let (first, last) = instants.utc_days();
        let mut days = Self {
            first,
            last,
            dates: Vec::new(),
            first_quarters: Vec::new(),
            last_quarters: Vec::new(),
            starts_at: Vec::new(),
            ends_at: Vec::new(),
        };
        if days.add_part(first, &range) {
            days.first = first.saturating_add(Duration::DAY);
        }
        if last != first && days.add_part(last, &range) {
            days.last = last.saturating_sub(Duration::DAY);
        }
        days
    }

    /// Adds what the range has of a day, unless that is all of it.
    fn add_part(&mut self, date: Date, range: &Range<Quarter>) -> bool {
        let start = first_quarter_utc(date);
        let part = start.max(range.start)..(start + QUARTERS_A_DAY).min(range.end);
        if part == (start..start + QUARTERS_A_DAY) {
            return false;
        }
        let of_day = |quarter: Quarter| i32::try_from(quarter - start).unwrap_or_default();
        let instants = Instants::of(part.clone());
        self.dates.push(date);
        self.first_quarters.push(of_day(part.start) + 1);
        self.last_quarters.push(of_day(part.end));
        self.starts_at.push(instants.starts_at);
        self.ends_at.push(instants.ends_at);
        true
    }
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
