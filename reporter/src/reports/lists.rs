//! The lists of questions asked and of contacts clicked.

use std::cmp::Reverse;

use serde::Serialize;
use shared::dimension::Dimension;
use utoipa::ToSchema;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::Question;
use crate::reports::by_value::{ListOf, by_value};
use crate::reports::period::{AnsweredPeriod, Days};
use crate::reports::{Cell, Report};

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
    let list = List::read(snapshot, scope, question, Dimension::Question, ListOf::Questions).await?;
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
    let list = List::read(snapshot, scope, question, Dimension::ContactLabel, ListOf::ContactLabels).await?;
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
        list: ListOf,
    ) -> Result<Self, DatabaseError> {
        let (values, days) = by_value(snapshot, scope, question, dimension, list).await?;
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
