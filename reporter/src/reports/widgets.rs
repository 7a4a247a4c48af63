//! Impressions and interactions by widget: the top list and the donut.

use std::cmp::Reverse;

use serde::Serialize;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{Instants, Question};
use crate::reports::Report;

/// Most widgets in the donut; past it, the quietest are left out.
const WIDGETS_MAX: usize = 1_000;

/// A widget in the top list.
#[derive(Debug, Serialize)]
pub(crate) struct TopWidget {
    project_id: String,
    name: String,
    interactions: i64,
}

impl Report for Vec<TopWidget> {}

impl Report for Vec<WidgetImpressions> {}

/// A widget in the donut.
#[derive(Debug, Serialize)]
pub(crate) struct WidgetImpressions {
    project_id: String,
    name: String,
    impressions: i64,
}

/// The widgets with the most interactions, at most as many as asked for.
pub(crate) async fn top_widgets(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<Vec<TopWidget>, DatabaseError> {
    Ok(widgets(snapshot, scope, question).await?.top(question.top_widgets))
}

/// The widgets that were loaded, at most [`WIDGETS_MAX`].
pub(crate) async fn impressions_by_widget(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<Vec<WidgetImpressions>, DatabaseError> {
    Ok(widgets(snapshot, scope, question).await?.by_impressions())
}

/// Every widget of the scope where anything happened, from one scan.
pub(super) async fn widgets(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<Widgets, DatabaseError> {
    let Instants { starts_at, ends_at } = question.instants;
    let rows =
        snapshot.rows(include_str!("widgets.sql"), &[&scope.project_ids(), &starts_at, &ends_at]).await?;
    let widget = |row: &tokio_postgres::Row| {
        Ok(Widget {
            project_id: row.try_get("project_id")?,
            name: row.try_get("name")?,
            impressions: row.try_get("impressions")?,
            interactions: row.try_get("interactions")?,
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
    impressions: i64,
    interactions: i64,
}

impl Widgets {
    /// The `limit` with the most interactions, ties by id; one without any is no top widget.
    pub(super) fn top(&self, limit: usize) -> Vec<TopWidget> {
        let first = self.descending(|widget| widget.interactions, limit);
        let top =
            |Widget { project_id, name, interactions, .. }| TopWidget { project_id, name, interactions };
        first.into_iter().map(top).collect()
    }

    /// The [`WIDGETS_MAX`] with the most impressions, ties by id; one without any is left out.
    pub(super) fn by_impressions(&self) -> Vec<WidgetImpressions> {
        let first = self.descending(|widget| widget.impressions, WIDGETS_MAX);
        let loaded = |Widget { project_id, name, impressions, .. }| WidgetImpressions {
            project_id,
            name,
            impressions,
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
        Widget { project_id: project_id.to_owned(), name: String::new(), impressions, interactions }
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
