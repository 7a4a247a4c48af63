//! What the raw rows say.

use std::collections::{BTreeMap, HashMap};

use shared::event::InteractionType;
use shared::user_agent::UserAgents;
use time::{Date, OffsetDateTime};
use tokio_postgres::{Row, Transaction};

use super::{RecountError, each_row};
use crate::rollup::{Counts, Dimension, Key, Sketch, Sketches};

/// Events by value; sorted, for what is told of them.
pub(super) type Values = BTreeMap<(Dimension, String), i64>;

/// A project's day, counted.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) quarters: BTreeMap<OffsetDateTime, Counts>,
    pub(super) values: Values,
    pub(super) sketches: Sketches,
}

/// The bits of the seven sets that impressions are counted by: all but the set's own.
mod impressions_by {
    pub(super) const QUARTER: i32 = 0b011_1111;
    pub(super) const URL: i32 = 0b101_1111;
    pub(super) const REFERRER: i32 = 0b110_1111;
    pub(super) const USER_AGENT: i32 = 0b111_0111;
    pub(super) const PLACE: i32 = 0b111_1011;
    pub(super) const VISITOR: i32 = 0b111_1101;
    pub(super) const SESSION: i32 = 0b111_1110;
}

/// The same of interactions.
mod interactions_by {
    pub(super) const QUARTER: i32 = 0b0_1111;
    pub(super) const LABEL: i32 = 0b1_0111;
    pub(super) const QUESTION: i32 = 0b1_1011;
    pub(super) const VISITOR: i32 = 0b1_1101;
    pub(super) const SESSION: i32 = 0b1_1110;
}

impl Counted {
    pub(super) async fn of(
        transaction: &Transaction<'_>,
        project_id: &str,
        date: Date,
    ) -> Result<Self, RecountError> {
        let mut counted = Self::default();
        let agents = UserAgents::default();
        let sql = include_str!("sql/count_impressions.sql");
        each_row(transaction, sql, project_id, date, |row| counted.add_impressions(row, &agents, date))
            .await?;
        let sql = include_str!("sql/count_interactions.sql");
        each_row(transaction, sql, project_id, date, |row| counted.add_interactions(row, date)).await?;
        Ok(counted)
    }

    /// All of a day's events.
    pub(super) fn total(&self) -> Counts {
        let mut total = Counts::default();
        for quarter in self.quarters.values() {
            total.impressions += quarter.impressions;
            total.interactions += quarter.interactions;
        }
        total
    }

    fn add_impressions(&mut self, row: &Row, agents: &UserAgents, date: Date) -> Result<(), RecountError> {
        let events: i64 = row.get("events");
        match row.get::<_, i32>("without") {
            impressions_by::QUARTER => {
                self.quarters.entry(row.get("bucket_at")).or_default().impressions += events;
            }
            impressions_by::URL => {
                self.add(Key::page(row.get::<_, Option<&str>>("url").unwrap_or_default()), events);
            }
            impressions_by::REFERRER => self.add(Key::referrer(row.get("referrer")), events),
            impressions_by::USER_AGENT => {
                let agent = agents.agent(row.get("user_agent"));
                self.add(Key::device(agent.device), events);
                self.add(Key::browser(&agent.browser), events);
            }
            impressions_by::PLACE => {
                let (country, city) = (row.get("geo_country"), row.get("geo_city"));
                self.add(Key::place(country, city, row.get("geo_lat"), row.get("geo_lng")), events);
            }
            impressions_by::VISITOR => add_id(&mut self.sketches.visitors, row, "visitor_id"),
            impressions_by::SESSION => add_id(&mut self.sketches.sessions, row, "session_id"),
            _ => return Err(RecountError::RawRows(date)),
        }
        Ok(())
    }

    fn add_interactions(&mut self, row: &Row, date: Date) -> Result<(), RecountError> {
        let events: i64 = row.get("events");
        match row.get::<_, i32>("without") {
            interactions_by::QUARTER => {
                let quarter = self.quarters.entry(row.get("bucket_at")).or_default();
                quarter.interactions += events;
                quarter.by_type[interaction(row, date)? as usize] += events;
            }
            interactions_by::LABEL => {
                self.add(Key::label(row.get("event_label")), events);
                if interaction(row, date)? == InteractionType::ClickContact {
                    self.add(Key::contact_label(row.get("event_label")), events);
                }
            }
            interactions_by::QUESTION => {
                // Null: all other types together.
                if let Some(question) = row.get("question") {
                    self.add(Key::question(Some(question)), events);
                }
            }
            interactions_by::VISITOR => add_id(&mut self.sketches.visitors, row, "visitor_id"),
            interactions_by::SESSION => {
                add_id(&mut self.sketches.sessions, row, "session_id");
                if let Some(session) = row.get("session_id") {
                    self.sketches.add_done(interaction(row, date)?, session);
                }
            }
            _ => return Err(RecountError::RawRows(date)),
        }
        Ok(())
    }

    fn add(&mut self, key: Key<'_>, events: i64) {
        *self.values.entry((key.dimension, key.into_text().into_owned())).or_default() += events;
    }
}

fn interaction(row: &Row, date: Date) -> Result<InteractionType, RecountError> {
    let name: &str = row.get("event_type");
    let known = InteractionType::ALL.into_iter().find(|known| known.as_str() == name);
    known.ok_or(RecountError::RawRows(date))
}

fn add_id(sketch: &mut Sketch, row: &Row, column: &str) {
    if let Some(id) = row.get(column) {
        sketch.add(id);
    }
}

/// Values of one dimension that get a row of their own, and the sum of the others: the most frequent ones.
pub(super) fn named(values: &Values, dimension: Dimension, named_max: usize) -> (HashMap<&str, i64>, i64) {
    let from = (dimension, String::new());
    let of_dimension = values.range(from..).take_while(|((of, _), _)| *of == dimension);
    let mut all: Vec<(&str, i64)> =
        of_dimension.map(|((_, value), events)| (value.as_str(), *events)).collect();
    // Stable: equal ones stay in the order of their values.
    all.sort_by_key(|(_, events)| std::cmp::Reverse(*events));
    let other = all.iter().skip(named_max).map(|(_, events)| events).sum();
    all.truncate(named_max);
    (all.into_iter().collect(), other)
}
