//! The rows of the two raw tables: columns, types and values, in the one place that knows their order.

pub mod copy_form;

use bytes::BytesMut;
use serde_json::{Map, Value};
use shared::envelope::Envelope;
use shared::event::{Event, EventKind, InteractionType};
use time::OffsetDateTime;

use self::copy_form::{Unencodable, put_columns, put_float, put_json, put_text, put_time, put_uuid};
use crate::enrich::PreparedEnvelope;
use crate::enrich::geo::Place;

/// An impression's columns, in the order of its values.
pub const IMPRESSION_COLUMNS: [&str; 11] = [
    "project_id",
    "visitor_id",
    "session_id",
    "url",
    "referrer",
    "user_agent",
    "geo_country",
    "geo_city",
    "geo_lat",
    "geo_lng",
    "created_at",
];

/// An interaction's columns, in the order of its values. An enum travels as the text of its label.
pub const INTERACTION_COLUMNS: [&str; 7] =
    ["project_id", "visitor_id", "session_id", "event_type", "event_label", "event_data", "created_at"];

/// Which raw table a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// `analytics_impressions`
    Impressions,
    /// `analytics_events`
    Interactions,
}

impl Table {
    /// The table's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Impressions => "analytics_impressions",
            Self::Interactions => "analytics_events",
        }
    }

    /// The statement that loads rows into it.
    pub fn copy_statement(self) -> String {
        let columns = match self {
            Self::Impressions => IMPRESSION_COLUMNS.join(", "),
            Self::Interactions => INTERACTION_COLUMNS.join(", "),
        };
        format!("copy {} ({columns}) from stdin (format binary)", self.name())
    }
}

/// One event as a row, borrowed from its envelope.
#[derive(Debug)]
pub struct Row<'a> {
    /// When the event happened.
    pub created_at: OffsetDateTime,
    envelope: &'a Envelope,
    kind: Kind<'a>,
}

#[derive(Debug)]
enum Kind<'a> {
    Impression { url: &'a str, referrer: Option<&'a str>, place: Option<&'a Place> },
    Interaction { interaction: InteractionType, label: Option<&'a str>, data: Option<&'a Map<String, Value>> },
}

impl<'a> Row<'a> {
    /// The row of an event; `None` when it happened beyond the calendar.
    pub fn new(prepared: &'a PreparedEnvelope, event: &'a Event) -> Option<Self> {
        let envelope = &prepared.envelope;
        let kind = match &event.kind {
            EventKind::Impression { url, referrer } => {
                Kind::Impression { url, referrer: referrer.as_deref(), place: prepared.place.as_ref() }
            }
            EventKind::Interaction { interaction, label, data } => {
                Kind::Interaction { interaction: *interaction, label: label.as_deref(), data: data.as_ref() }
            }
        };
        Some(Self { created_at: envelope.created_at(event)?, envelope, kind })
    }

    /// The table it belongs to.
    pub fn table(&self) -> Table {
        match self.kind {
            Kind::Impression { .. } => Table::Impressions,
            Kind::Interaction { .. } => Table::Interactions,
        }
    }

    /// The project it belongs to.
    pub fn project_id(&self) -> &'a str {
        self.envelope.project_id.as_str()
    }

    /// Adds the row in COPY's binary form, its values in the order of the table's columns.
    ///
    /// # Errors
    /// [`Unencodable`]: a part of the row may have been added by then.
    pub fn put(&self, into: &mut BytesMut) -> Result<(), Unencodable> {
        let Envelope { visitor_id, session_id, user_agent, .. } = self.envelope;
        match &self.kind {
            Kind::Impression { url, referrer, place } => {
                put_columns(into, IMPRESSION_COLUMNS.len() as i16);
                put_text(into, Some(self.project_id()))?;
                put_uuid(into, *visitor_id);
                put_uuid(into, *session_id);
                put_text(into, Some(url))?;
                put_text(into, *referrer)?;
                put_text(into, user_agent.as_deref())?;
                put_text(into, place.and_then(|place| place.country.as_deref()))?;
                put_text(into, place.and_then(|place| place.city.as_deref()))?;
                let (lat, lng) = place.and_then(|place| place.position).unzip();
                put_float(into, lat);
                put_float(into, lng);
                put_time(into, self.created_at)
            }
            Kind::Interaction { interaction, label, data } => {
                put_columns(into, INTERACTION_COLUMNS.len() as i16);
                put_text(into, Some(self.project_id()))?;
                put_uuid(into, *visitor_id);
                put_uuid(into, *session_id);
                put_text(into, Some(interaction.as_str()))?;
                put_text(into, *label)?;
                put_json(into, *data)?;
                put_time(into, self.created_at)
            }
        }
    }
}
