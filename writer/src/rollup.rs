//! A batch added up: what its events change in each rollup. Pure; [`crate::store`] writes it down.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};
pub use shared::dimension::{Dimension, Key};
use shared::event::{Event, EventKind, InteractionType};
pub use shared::sketch::{Sketch, SketchError};
use shared::user_agent::Agent;
use time::{Date, OffsetDateTime, UtcOffset};
use uuid::Uuid;

use crate::enrich::PreparedEnvelope;
use crate::enrich::geo::Place;

/// The finer grain, in seconds: every time zone's days begin on a quarter of an hour.
pub const QUARTER_HOUR_S: i64 = 900;

/// Impressions, interactions, and interactions of each type in the order of [`InteractionType::ALL`].
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Impressions.
    pub impressions: i64,
    /// Interactions of all types together.
    pub interactions: i64,
    /// Interactions by type.
    pub by_type: [i64; InteractionType::ALL.len()],
}

impl Counts {
    fn add(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Impression { .. } => self.impressions += 1,
            EventKind::Interaction { interaction, .. } => {
                self.interactions += 1;
                self.by_type[*interaction as usize] += 1;
            }
        }
    }
}

/// What one project and UTC day gained.
#[derive(Debug, Default)]
pub struct Day<'a> {
    /// Events.
    pub counts: Counts,
    /// Events by value, in no order.
    pub values: HashMap<Key<'a>, i32>,
    /// Who came.
    pub sketches: Sketches,
}

/// Who came, in which sessions, and which of these did what the funnel asks for.
#[derive(Debug, Default, Clone)]
pub struct Sketches {
    /// Visitors.
    pub visitors: Sketch,
    /// Sessions.
    pub sessions: Sketch,
    /// Sessions with an `open_chat`.
    pub opened: Sketch,
    /// Sessions with an `ask_question`.
    pub asked: Sketch,
    /// Sessions with a `submit_form`.
    pub submitted: Sketch,
}

impl Sketches {
    /// The columns of the tables that keep them, in the order of [`Sketches::each`].
    pub const COLUMNS: [&str; 5] = ["visitors", "sessions", "opened", "asked", "submitted"];

    /// Each of them.
    pub fn each(&self) -> [&Sketch; Self::COLUMNS.len()] {
        [&self.visitors, &self.sessions, &self.opened, &self.asked, &self.submitted]
    }

    /// Adds a session in which this was done.
    pub fn add_done(&mut self, interaction: InteractionType, session: Uuid) {
        match interaction {
            InteractionType::OpenChat => self.opened.add(session),
            InteractionType::AskQuestion => self.asked.add(session),
            InteractionType::SubmitForm => self.submitted.add(session),
            InteractionType::ClickBubble
            | InteractionType::ClickSuggestion
            | InteractionType::ClickContact => {}
        }
    }
}

/// What a batch changes; keys sorted, so that two writers meet in one order.
#[derive(Debug, Default)]
pub struct Sums<'a> {
    /// By project and start of the quarter of an hour.
    pub quarters: BTreeMap<(&'a str, OffsetDateTime), Counts>,
    /// By project and UTC day.
    pub days: BTreeMap<(&'a str, Date), Day<'a>>,
}

impl<'a> Sums<'a> {
    /// Adds an event that happened `at`, in the envelope that it came in.
    pub fn add(&mut self, prepared: &'a PreparedEnvelope, event: &'a Event, at: OffsetDateTime) {
        let at = at.to_offset(UtcOffset::UTC);
        let project = prepared.envelope.project_id.as_str();
        self.quarters.entry((project, quarter_hour(at))).or_default().add(event);
        let day = self.days.entry((project, at.date())).or_default();
        day.counts.add(event);
        for key in keys(event, prepared.place.as_ref(), &prepared.agent) {
            *day.values.entry(key).or_default() += 1;
        }
        if let Some(visitor) = prepared.envelope.visitor_id {
            day.sketches.visitors.add(visitor);
        }
        if let Some(session) = prepared.envelope.session_id {
            day.sketches.sessions.add(session);
            if let EventKind::Interaction { interaction, .. } = event.kind {
                day.sketches.add_done(interaction, session);
            }
        }
    }
}

/// An event's value in every dimension that it has one in.
fn keys<'a>(event: &'a Event, place: Option<&'a Place>, agent: &'a Agent) -> impl Iterator<Item = Key<'a>> {
    let keys: [Option<Key<'a>>; 5] = match &event.kind {
        EventKind::Impression { url, referrer } => {
            let (lat, lng) = place.and_then(|place| place.position).unzip();
            let country = place.and_then(|place| place.country.as_deref());
            let city = place.and_then(|place| place.city.as_deref());
            [
                Some(Key::place(country, city, lat, lng)),
                Some(Key::page(url)),
                Some(Key::referrer(referrer.as_deref())),
                Some(Key::device(agent.device)),
                Some(Key::browser(&agent.browser)),
            ]
        }
        EventKind::Interaction { interaction, label, data } => {
            let label = label.as_deref();
            let own = match interaction {
                InteractionType::AskQuestion => Some(Key::question(question(data.as_ref()))),
                InteractionType::ClickContact => Some(Key::contact_label(label)),
                _ => None,
            };
            [Some(Key::label(label)), own, None, None, None]
        }
    };
    keys.into_iter().flatten()
}

/// What was asked, where it was told as a text.
fn question(data: Option<&Map<String, Value>>) -> Option<&str> {
    data?.get("question")?.as_str()
}

/// The start of the quarter of an hour that `at` lies in.
pub fn quarter_hour(at: OffsetDateTime) -> OffsetDateTime {
    let past = time::Duration::seconds(at.unix_timestamp().rem_euclid(QUARTER_HOUR_S));
    at - past - time::Duration::nanoseconds(at.nanosecond().into())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_quarter_begins_at_its_start_and_holds_its_last_moment() {
        let start = datetime!(2026-11-23 11:45 UTC);
        assert_eq!(quarter_hour(start), start);
        assert_eq!(quarter_hour(datetime!(2026-11-23 11:59:59.999_999 UTC)), start);
        assert_eq!(quarter_hour(datetime!(1969-12-31 23:59:59.5 UTC)), datetime!(1969-12-31 23:45 UTC));
    }

    #[test]
    fn a_type_of_interaction_has_the_place_of_its_name() {
        for (place, interaction) in InteractionType::ALL.into_iter().enumerate() {
            assert_eq!(interaction as usize, place);
        }
    }
}
