//! The rows of the two raw tables: columns, types and values, in the one place that knows their order.

use serde_json::Value;
use shared::envelope::Envelope;
use shared::event::{Event, EventKind, InteractionType};
use time::OffsetDateTime;
use tokio_postgres::types::{Json, ToSql, Type};
use uuid::Uuid;

use crate::enrich::PreparedEnvelope;
use crate::enrich::geo::Place;

/// An impression's columns, in the order of its values.
pub const IMPRESSION_COLUMNS: [(&str, Type); 11] = [
    ("project_id", Type::TEXT),
    ("visitor_id", Type::UUID),
    ("session_id", Type::UUID),
    ("url", Type::TEXT),
    ("referrer", Type::TEXT),
    ("user_agent", Type::TEXT),
    ("geo_country", Type::TEXT),
    ("geo_city", Type::TEXT),
    ("geo_lat", Type::FLOAT8),
    ("geo_lng", Type::FLOAT8),
    ("created_at", Type::TIMESTAMPTZ),
];

/// An interaction's columns, in the order of its values. An enum travels as the text of its label.
pub const INTERACTION_COLUMNS: [(&str, Type); 7] = [
    ("project_id", Type::TEXT),
    ("visitor_id", Type::UUID),
    ("session_id", Type::UUID),
    ("event_type", Type::TEXT),
    ("event_label", Type::TEXT),
    ("event_data", Type::JSONB),
    ("created_at", Type::TIMESTAMPTZ),
];

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
        let columns: Vec<&str> = match self {
            Self::Impressions => IMPRESSION_COLUMNS.iter().map(|(name, _)| *name).collect(),
            Self::Interactions => INTERACTION_COLUMNS.iter().map(|(name, _)| *name).collect(),
        };
        format!("copy {} ({}) from stdin (format binary)", self.name(), columns.join(", "))
    }

    /// The columns' types, in order.
    pub fn types(self) -> Vec<Type> {
        match self {
            Self::Impressions => IMPRESSION_COLUMNS.map(|(_, kind)| kind).to_vec(),
            Self::Interactions => INTERACTION_COLUMNS.map(|(_, kind)| kind).to_vec(),
        }
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
    Impression {
        url: &'a str,
        referrer: Option<&'a str>,
        place: Option<&'a Place>,
    },
    Interaction {
        interaction: InteractionType,
        label: Option<&'a str>,
        data: Option<Json<&'a serde_json::Map<String, Value>>>,
    },
}

impl<'a> Row<'a> {
    /// The row of an event; `None` when it happened beyond the calendar.
    pub fn new(prepared: &'a PreparedEnvelope, event: &'a Event) -> Option<Self> {
        let envelope = &prepared.envelope;
        let kind = match &event.kind {
            EventKind::Impression { url, referrer } => {
                Kind::Impression { url, referrer: referrer.as_deref(), place: prepared.place.as_ref() }
            }
            EventKind::Interaction { interaction, label, data } => Kind::Interaction {
                interaction: *interaction,
                label: label.as_deref(),
                data: data.as_ref().map(Json),
            },
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

    /// Hands the values to `write`, in the order of the table's columns.
    pub async fn with_values<T>(&self, write: impl AsyncFnOnce(&[&(dyn ToSql + Sync)]) -> T) -> T {
        let (project_id, visitor_id, session_id): (&str, &Option<Uuid>, &Option<Uuid>) =
            (self.project_id(), &self.envelope.visitor_id, &self.envelope.session_id);
        match &self.kind {
            Kind::Impression { url, referrer, place } => {
                let country = place.and_then(|place| place.country.as_deref());
                let city = place.and_then(|place| place.city.as_deref());
                let (lat, lng) = place.and_then(|place| place.position).unzip();
                let user_agent = &self.envelope.user_agent;
                let values: [&(dyn ToSql + Sync); IMPRESSION_COLUMNS.len()] = [
                    &project_id,
                    visitor_id,
                    session_id,
                    url,
                    referrer,
                    user_agent,
                    &country,
                    &city,
                    &lat,
                    &lng,
                    &self.created_at,
                ];
                write(&values).await
            }
            Kind::Interaction { interaction, label, data } => {
                let values: [&(dyn ToSql + Sync); INTERACTION_COLUMNS.len()] = [
                    &project_id,
                    visitor_id,
                    session_id,
                    &interaction.as_str(),
                    label,
                    data,
                    &self.created_at,
                ];
                write(&values).await
            }
        }
    }
}
