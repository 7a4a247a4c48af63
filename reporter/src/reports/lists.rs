//! Events by value: what breakdowns read, and the lists of questions asked and of contacts clicked.

use std::cmp::Reverse;

use serde::Serialize;
use shared::dimension::{Dimension, Key};
use shared::event::InteractionType;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use utoipa::ToSchema;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{Instants, Property, Question, first_quarter_utc};
use crate::reports::breakdown::count_of;
use crate::reports::parts::Parts;
use crate::reports::period::{AnsweredPeriod, Days};
use crate::reports::raw::{self, OfInteractions};
use crate::reports::values::Values;
use crate::reports::{Cell, Report};

/// The columns of each type of interaction, in the order of [`InteractionType::ALL`].
const TYPE_COLUMNS: [&str; InteractionType::ALL.len()] =
    ["click_bubble", "open_chat", "ask_question", "click_suggestion", "submit_form", "click_contact"];

/// What visitors asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Questions {
    period: AnsweredPeriod,
    days: Days,
    /// Questions asked: the list's and `other`.
    total: i64,
    /// Questions that are not listed.
    other: i64,
    /// The most frequent first, at most as many as asked for.
    questions: Vec<QuestionAsked>,
}

/// A question.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuestionAsked {
    /// As the visitor wrote it, cut where it is long; null where none was sent along.
    #[schema(required)]
    question: Option<String>,
    count: i64,
}

/// Which contacts visitors clicked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContactLabels {
    period: AnsweredPeriod,
    days: Days,
    /// Clicks: the list's and `other`.
    total: i64,
    /// Clicks on labels that are not listed.
    other: i64,
    /// The most frequent first, at most as many as asked for.
    contact_labels: Vec<LabelClicked>,
}

/// A contact, by its label.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LabelClicked {
    /// Null where it has none.
    #[schema(required)]
    label: Option<String>,
    count: i64,
}

impl Report for Questions {
    const COLUMNS: &'static [&'static str] = &["question", "count"];

    fn rows(&self) -> Vec<Vec<Cell<'_>>> {
        self.questions.iter().map(QuestionAsked::cells).collect()
    }
}

impl QuestionAsked {
    fn cells(&self) -> Vec<Cell<'_>> {
        let Self { question, count } = self;
        vec![question.as_ref().into(), (*count).into()]
    }
}

impl Report for ContactLabels {
    const COLUMNS: &'static [&'static str] = &["label", "count"];

    fn rows(&self) -> Vec<Vec<Cell<'_>>> {
        self.contact_labels.iter().map(LabelClicked::cells).collect()
    }
}

impl LabelClicked {
    fn cells(&self) -> Vec<Cell<'_>> {
        let Self { label, count } = self;
        vec![label.as_ref().into(), (*count).into()]
    }
}

/// What visitors asked.
pub(crate) async fn questions(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<Questions, DatabaseError> {
    let list = List::read(snapshot, scope, question, Dimension::Question, RawList::Questions).await?;
    let List { days, total, other, entries } = list;
    let asked = |(question, count)| QuestionAsked { question, count };
    let questions = entries.into_iter().map(asked).collect();
    Ok(Questions { period: AnsweredPeriod::of(question)?, days, total, other, questions })
}

/// Which contacts visitors clicked.
pub(crate) async fn contact_labels(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<ContactLabels, DatabaseError> {
    let list = List::read(snapshot, scope, question, Dimension::ContactLabel, RawList::ContactLabels).await?;
    let List { days, total, other, entries } = list;
    let clicked = |(label, count)| LabelClicked { label, count };
    let contact_labels = entries.into_iter().map(clicked).collect();
    Ok(ContactLabels { period: AnsweredPeriod::of(question)?, days, total, other, contact_labels })
}

/// Values of one dimension, cut at the length asked for.
struct List {
    days: Days,
    total: i64,
    other: i64,
    entries: Vec<(Option<String>, i64)>,
}

impl List {
    async fn read(
        snapshot: &Snapshot<'_>,
        scope: &ProjectScope,
        question: &Question,
        dimension: Dimension,
        list: RawList,
    ) -> Result<Self, DatabaseError> {
        let (values, days) = read(snapshot, scope, question, dimension, list).await?;
        let total = values.other + values.by_value.values().sum::<i64>();
        let mut all: Vec<(String, i64)> =
            values.by_value.into_iter().filter(|(_, count)| *count > 0).collect();
        all.sort_unstable_by(|(a, count_a), (b, count_b)| (Reverse(count_a), a).cmp(&(Reverse(count_b), b)));
        all.truncate(question.limit);
        let other = total - all.iter().map(|(_, count)| count).sum::<i64>();
        let known = |(value, count): (String, i64)| ((!value.is_empty()).then_some(value), count);
        Ok(Self { days, total, other, entries: all.into_iter().map(known).collect() })
    }
}

/// Which raw rows have a value, and which.
#[derive(Debug, Clone, Copy)]
enum RawList {
    Property(Property),
    Questions,
    ContactLabels,
}

/// Events by value of a dimension, and on which days. `property` is the same of raw rows.
pub(super) async fn values(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
    dimension: Dimension,
    property: Property,
) -> Result<(Values, Days), DatabaseError> {
    read(snapshot, scope, question, dimension, RawList::Property(property)).await
}

async fn read(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
    dimension: Dimension,
    list: RawList,
) -> Result<(Values, Days), DatabaseError> {
    let kind = match list {
        RawList::Property(property) => property.kind(),
        RawList::Questions | RawList::ContactLabels => Property::InteractionType.kind(),
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
    list: RawList,
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
            RawList::Property(property) if property != Property::Label => {
                raw::impressions(snapshot, scope, *range, |needed| needed == property, take, agents).await?;
            }
            _ => {
                let question = matches!(list, RawList::Questions);
                let needs = OfInteractions { event_type: true, label: !question, question };
                raw::interactions(snapshot, scope, *range, needs, take, agents).await?;
            }
        }
    }
    Ok((values, found))
}

impl RawList {
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

/// Interactions of a range by type, in the order of [`InteractionType::ALL`].
pub(super) async fn by_type(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    range: Instants,
) -> Result<[i64; InteractionType::ALL.len()], DatabaseError> {
    let (first, last) = range.utc_days();
    let quarters = range.quarters();
    let mut counts = [0; InteractionType::ALL.len()];
    let add_packed = |row: &Row| {
        let start = first_quarter_utc(row.try_get("date")?);
        for (sum, column) in counts.iter_mut().zip(TYPE_COLUMNS) {
            let of_day: Vec<i64> = row.try_get(column)?;
            let inside = (start..).zip(of_day).filter(|(quarter, _)| quarters.contains(quarter));
            *sum += inside.map(|(_, count)| count).sum::<i64>();
        }
        Ok(())
    };
    let (levels, projects) = (scope.level_ids(), scope.project_ids());
    let Instants { starts_at, ends_at } = range;
    let of_packed: [&(dyn ToSql + Sync); 3] = [&levels, &first, &last];
    let of_waiting: [&(dyn ToSql + Sync); 3] = [&projects, &starts_at, &ends_at];
    let ((), waiting) = tokio::try_join!(
        snapshot.each(include_str!("types_packed.sql"), &of_packed, add_packed),
        snapshot.row(include_str!("types_waiting.sql"), &of_waiting),
    )?;
    for (sum, column) in counts.iter_mut().zip(TYPE_COLUMNS) {
        *sum += waiting.try_get::<_, i64>(column)?;
    }
    Ok(counts)
}
