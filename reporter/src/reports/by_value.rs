//! Events by value on the days of a period: whole days from the rollups, parts of days from raw rows.

use shared::dimension::{Dimension, Key};
use shared::event::InteractionType;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{Property, Question};
use crate::reports::breakdown::count_of;
use crate::reports::parts::Parts;
use crate::reports::period::Days;
use crate::reports::raw::{self, OfInteractions};
use crate::reports::values::Values;

/// Which raw rows have a value, and which.
#[derive(Debug, Clone, Copy)]
pub(super) enum ListOf {
    /// Events by a property of theirs.
    Property(Property),
    /// What was asked.
    Questions,
    /// Labels of contacts that were clicked.
    ContactLabels,
}

/// Events by value of a dimension, and on which days; `list` is the same of raw rows.
pub(super) async fn by_value(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
    dimension: Dimension,
    list: ListOf,
) -> Result<(Values, Days), DatabaseError> {
    let kind = match list {
        ListOf::Property(property) => property.kind(),
        ListOf::Questions | ListOf::ContactLabels => Property::InteractionType.kind(),
    };
    let (period, instants) = (question.period, question.instants);
    let parts = Parts::of(snapshot, scope, period, instants, count_of(kind)).await?;
    let (mut values, (raw, raw_events)) = tokio::try_join!(
        Values::read(snapshot, scope, dimension, &parts),
        of_raw_rows(snapshot, scope, question, &parts, list),
    )?;
    if raw_events != parts.raw_events {
        // The raw rows have expired.
        let parts = Parts::utc(period);
        return Ok((Values::read(snapshot, scope, dimension, &parts).await?, parts.days));
    }
    for (value, events) in raw.by_value {
        values.add(&value, events);
    }
    Ok((values, parts.days))
}

/// The values of the parts of days, and how many events those have, with a value of the list or without.
async fn of_raw_rows(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
    parts: &Parts,
    list: ListOf,
) -> Result<(Values, i64), DatabaseError> {
    let (mut values, mut found) = (Values::default(), 0);
    let agents = &question.kept.agents;
    for range in &parts.raw {
        let take = |row: &raw::Raw<'_>| {
            let events = row.events()?;
            found += events;
            if let Some(value) = list.value(row)? {
                values.add(&value, events);
            }
            Ok(())
        };
        match list {
            ListOf::Property(property) if property != Property::Label => {
                raw::impressions(snapshot, scope, *range, |needed| needed == property, take, agents).await?;
            }
            _ => {
                let question = matches!(list, ListOf::Questions);
                let needs = OfInteractions { event_type: true, label: !question, question };
                raw::interactions(snapshot, scope, *range, needs, take, agents).await?;
            }
        }
    }
    Ok((values, found))
}

impl ListOf {
    /// The value of rows in this list; `None` for rows that are not in it.
    fn value(self, row: &raw::Raw<'_>) -> Result<Option<String>, DatabaseError> {
        let is = |interaction: InteractionType| {
            Ok::<_, DatabaseError>(row.value(Property::InteractionType)? == interaction.as_str())
        };
        Ok(match self {
            Self::Property(property) => Some(row.value(property)?),
            Self::Questions if is(InteractionType::AskQuestion)? => {
                Some(Key::question(row.question()?).into_text().into_owned())
            }
            Self::ContactLabels if is(InteractionType::ClickContact)? => {
                Some(Key::contact_label(row.label()?).into_text().into_owned())
            }
            Self::Questions | Self::ContactLabels => None,
        })
    }
}
