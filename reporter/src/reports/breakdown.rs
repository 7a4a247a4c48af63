//! Events by a property of theirs, those that pass the filters: from the rollups where they can tell, else from raw rows.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::Serialize;
use shared::dimension::Dimension;
use shared::event::InteractionType;
use utoipa::ToSchema;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{Breakdown, Kind, Property, Question};
use crate::reports::by_value::{ListOf, by_value};
use crate::reports::interaction_types;
use crate::reports::locations::place_counts;
use crate::reports::period::{AnsweredPeriod, Days};
use crate::reports::quarters::{Counts, Quarters};
use crate::reports::raw::{self, OfInteractions, Raw};
use crate::reports::{Cell, Report};

/// Most raw rows that a filter goes through.
pub(crate) const FILTERED_EVENTS_MAX: i64 = 200_000;

/// Events by a property of theirs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BreakdownReport {
    period: AnsweredPeriod,
    days: Days,
    /// What they are broken down by.
    dimension: &'static str,
    /// Events that pass the filters: the list's and `other`.
    total: i64,
    /// Events of values that are not listed.
    other: i64,
    /// The most frequent first, at most as many as asked for.
    breakdown: Vec<Entry>,
}

/// One value.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BreakdownEntry)]
pub(crate) struct Entry {
    /// Null for the events that have none, or of which it is not known.
    #[schema(required)]
    value: Option<String>,
    /// The country of a city; of other values there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    country: Option<String>,
    count: i64,
}

impl Report for BreakdownReport {
    const COLUMNS: &'static [&'static str] = &["value", "country", "count"];

    fn rows(&self) -> Vec<Vec<Cell<'_>>> {
        self.breakdown.iter().map(Entry::cells).collect()
    }
}

impl Entry {
    fn cells(&self) -> Vec<Cell<'_>> {
        let Self { value, country, count } = self;
        vec![value.as_ref().into(), country.as_ref().into(), (*count).into()]
    }
}

/// Why there is no breakdown.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum BreakdownError {
    /// The rollups can't tell and there are too many raw rows: ask for a shorter period or fewer projects.
    #[error(
        "{events} events would have to be gone through for this filter, and {FILTERED_EVENTS_MAX} is the most; ask for a \
         shorter period or fewer projects"
    )]
    TooBroad {
        /// How many there are.
        events: i64,
    },
    /// The rollups can't tell, and raw rows of the period have expired: ask for a later one.
    #[error(
        "raw events of this period are no longer kept, and no filter can be applied without; ask for a later one"
    )]
    Expired,
    /// The database did not say.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Events by value, and those of values without a name. A city's key has its country beside it.
#[derive(Default)]
struct Tally {
    by_value: HashMap<(String, String), i64>,
    other: i64,
}

/// Events by the property asked for.
pub(crate) async fn breakdown(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<BreakdownReport, BreakdownError> {
    let asked = question.breakdown.clone().unwrap_or(Breakdown { by: Property::Page, filters: Vec::new() });
    let by_rollup = by_rollup(snapshot, scope, question, &asked).await?;
    let (tally, days) = match by_rollup {
        // What has no name may pass the filter or not.
        Some((tally, days)) if asked.filters.is_empty() || tally.other == 0 => (tally, days),
        _ => (by_raw_rows(snapshot, scope, question, &asked).await?, Days::Local),
    };
    let total = tally.other + tally.by_value.values().sum::<i64>();
    let breakdown = most_frequent(tally.by_value, question.limit);
    let other = total - breakdown.iter().map(|entry| entry.count).sum::<i64>();
    let period = AnsweredPeriod::of(question)?;
    Ok(BreakdownReport { period, days, dimension: asked.by.as_str(), total, other, breakdown })
}

/// The `limit` most frequent values, ties in the order of their letters.
fn most_frequent(by_value: HashMap<(String, String), i64>, limit: usize) -> Vec<Entry> {
    let mut all: Vec<((String, String), i64)> =
        by_value.into_iter().filter(|(_, count)| *count > 0).collect();
    all.sort_unstable_by(|(a, count_a), (b, count_b)| (Reverse(count_a), a).cmp(&(Reverse(count_b), b)));
    let known = |text: String| (!text.is_empty()).then_some(text);
    let entry = |((value, country), count)| Entry { value: known(value), country: known(country), count };
    all.into_iter().take(limit).map(entry).collect()
}

/// The breakdown as far as the rollups can tell; `None` where a filter is on what they don't have together.
async fn by_rollup(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
    asked: &Breakdown,
) -> Result<Option<(Tally, Days)>, DatabaseError> {
    let is_place = |property| matches!(property, Property::Country | Property::City);
    let together = |property: Property| property == asked.by || (is_place(property) && is_place(asked.by));
    if !asked.filters.iter().all(|(property, _)| together(*property)) {
        return Ok(None);
    }
    let dimension = match asked.by {
        Property::Country | Property::City => {
            return by_place(snapshot, scope, question, asked).await.map(Some);
        }
        Property::InteractionType => return by_type(snapshot, scope, question, asked).await.map(Some),
        Property::Page => Dimension::Page,
        Property::Referrer => Dimension::Referrer,
        Property::Device => Dimension::Device,
        Property::Browser => Dimension::Browser,
        Property::Label => Dimension::Label,
    };
    let (values, days) = by_value(snapshot, scope, question, dimension, ListOf::Property(asked.by)).await?;
    let mut by_value = values.by_value;
    by_value.retain(|value, _| asked.passes(asked.by, value));
    let by_value = by_value.into_iter().map(|(value, count)| ((value, String::new()), count)).collect();
    Ok(Some((Tally { by_value, other: values.other }, days)))
}

async fn by_place(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
    asked: &Breakdown,
) -> Result<(Tally, Days), DatabaseError> {
    let (counts, days) = place_counts(snapshot, scope, question).await?;
    let mut tally = Tally { other: counts.other, ..Tally::default() };
    for (place, count) in &counts.places {
        let country = place.country.as_deref().unwrap_or_default();
        let city = place.city.as_deref().unwrap_or_default();
        if asked.passes(Property::Country, country) && asked.passes(Property::City, city) {
            *tally.by_value.entry(place_key(asked.by, country, city)).or_default() += count;
        }
    }
    Ok((tally, days))
}

fn place_key(by: Property, country: &str, city: &str) -> (String, String) {
    match by {
        Property::City => (city.to_owned(), country.to_owned()),
        _ => (country.to_owned(), String::new()),
    }
}

async fn by_type(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
    asked: &Breakdown,
) -> Result<(Tally, Days), DatabaseError> {
    let counts = interaction_types::by_type(snapshot, scope, question.instants).await?;
    let mut tally = Tally::default();
    for (interaction, count) in InteractionType::ALL.into_iter().zip(counts) {
        if asked.passes(Property::InteractionType, interaction.as_str()) {
            tally.by_value.insert((interaction.as_str().to_owned(), String::new()), count);
        }
    }
    Ok((tally, Days::Local))
}

/// Goes through the period's raw rows, where there are few enough.
async fn by_raw_rows(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
    asked: &Breakdown,
) -> Result<Tally, BreakdownError> {
    let range = question.instants.quarters();
    let counts = Quarters::read(snapshot, scope, range.clone(), []).await?.sum(range);
    let events = match asked.by.kind() {
        Kind::Impressions => counts.impressions,
        Kind::Interactions => counts.interactions,
    };
    if events > FILTERED_EVENTS_MAX {
        return Err(BreakdownError::TooBroad { events });
    }
    let (mut tally, mut found) = (Tally::default(), 0);
    let take = |row: &Raw<'_>| {
        found += row.events()?;
        tally.take(row, asked)
    };
    let agents = &question.kept.agents;
    match asked.by.kind() {
        Kind::Impressions => {
            let needs = |property| asked.needs(property);
            raw::impressions(snapshot, scope, question.instants, needs, take, agents).await?;
        }
        Kind::Interactions => {
            let needs = OfInteractions { event_type: true, label: true, ..OfInteractions::default() };
            raw::interactions(snapshot, scope, question.instants, needs, take, agents).await?;
        }
    }
    if found == events { Ok(tally) } else { Err(BreakdownError::Expired) }
}

impl Tally {
    fn take(&mut self, row: &Raw<'_>, asked: &Breakdown) -> Result<(), DatabaseError> {
        for (property, _) in &asked.filters {
            if !asked.passes(*property, &row.value(*property)?) {
                return Ok(());
            }
        }
        let value = row.value(asked.by)?;
        let country = if asked.by == Property::City { row.value(Property::Country)? } else { String::new() };
        *self.by_value.entry((value, country)).or_default() += row.events()?;
        Ok(())
    }
}

/// Of which events there are how many, for a report of one kind.
pub(super) fn count_of(kind: Kind) -> fn(Counts) -> i64 {
    match kind {
        Kind::Impressions => |counts| counts.impressions,
        Kind::Interactions => |counts| counts.interactions,
    }
}
