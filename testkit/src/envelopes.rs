//! Envelopes with plain values, for tests that care about some of them.

use serde_json::Value;
use shared::clock;
use shared::envelope::{DropReason, Dropped, EncodedEnvelope, Envelope, RobotSigns, encode_message};
use shared::event::{Event, EventKind, InteractionType};
use shared::ids::EnvelopeId;
use uuid::Uuid;

/// An envelope received now, of a new visitor, with an id of its own.
///
/// # Panics
/// When `project_id` is none.
pub fn envelope(project_id: &str, events: Vec<Event>) -> Envelope {
    Envelope {
        envelope_id: EnvelopeId::mint(),
        project_id: project_id.parse().expect("a test's project id"),
        received_at: clock::now(),
        sent_at: None,
        client: None,
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64)".to_owned()),
        visitor_id: Some(Uuid::now_v7()),
        session_id: Some(Uuid::now_v7()),
        dropped: None,
        robot: RobotSigns::default(),
        events,
    }
}

/// An envelope received now, all of whose events a rule dropped.
///
/// # Panics
/// When `project_id` is none.
pub fn dropped(project_id: &str, reason: DropReason, events: u16) -> Envelope {
    let project_id = project_id.parse().expect("a test's project id");
    Envelope::of_dropped(EnvelopeId::mint(), project_id, clock::now(), Dropped { reason, events })
}

/// An impression that happened just now.
pub fn impression(url: &str) -> Event {
    Event { age_ms: 0, kind: EventKind::Impression { url: url.to_owned(), referrer: None } }
}

/// An interaction that happened just now, with `data` (an object, or null for none).
pub fn interaction(interaction: InteractionType, data: &Value) -> Event {
    let data = data.as_object().cloned();
    Event { age_ms: 0, kind: EventKind::Interaction { interaction, label: None, data } }
}

/// A queue message that carries `envelopes`.
///
/// # Panics
/// Never, with these types.
pub fn message(envelopes: &[Envelope]) -> Vec<u8> {
    let encode =
        |envelope: &Envelope| EncodedEnvelope::new(envelope.clone()).expect("an envelope can be encoded");
    encode_message(&envelopes.iter().map(encode).collect::<Vec<_>>())
}
