//! The request's body: what the tracker sent, untrusted, and its one way into events.
//!
//! The whole envelope is refused at the first thing wrong with it, with the field's path and what to change: a 202
//! never stands for a part. What is parsed here can't fail in Postgres: text holds no NUL, numbers are bounded, nesting
//! is shallow, every length has its limit in [`shared::event`].

mod data;
mod text;

use serde::Deserialize;
use serde_json::{Map, Value};
use shared::event::{
    AGE_MS_MAX, EVENTS_PER_ENVELOPE_MAX, Event, EventKind, InteractionType, LABEL_BYTES_MAX, URL_BYTES_MAX,
};
use shared::ids::{EnvelopeId, ProjectId};
use uuid::Uuid;

pub use self::text::clean;
use self::text::{bounded, page_url};

/// The one kind of event that is no interaction.
const IMPRESSION: &str = "impression";

/// An envelope as a client sends it. Every field is optional here, so that a missing one can be named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvelopePayload {
    envelope_id: Option<String>,
    project_id: Option<String>,
    visitor_id: Option<String>,
    session_id: Option<String>,
    events: Option<Vec<EventPayload>>,
}

/// An event as a client sends it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventPayload {
    r#type: Option<String>,
    url: Option<String>,
    referrer: Option<String>,
    label: Option<String>,
    data: Option<Map<String, Value>>,
    age_ms: Option<u64>,
}

/// What a body said, all of it valid.
#[derive(Debug, PartialEq)]
pub struct ValidPayload {
    /// The client's retry key, if it chose one.
    pub envelope_id: Option<EnvelopeId>,
    /// Whose widget it was; whether there is such a project is not known here.
    pub project_id: ProjectId,
    /// The browser's id.
    pub visitor_id: Uuid,
    /// The session's id.
    pub session_id: Uuid,
    /// 1 to 100 events.
    pub events: Vec<Event>,
}

/// Why a body was refused. Sending it again unchanged is useless.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RejectReason {
    /// It is no JSON.
    #[error("the body is not JSON in UTF-8: {problem}")]
    NotJson {
        /// What the parser met, and where.
        problem: String,
    },
    /// It is JSON, and a field in it is not as it should be.
    #[error("{field} {problem}")]
    BadField {
        /// Where, as `events[3].url`.
        field: String,
        /// What to change.
        problem: String,
        /// The stable name of this mistake.
        code: &'static str,
    },
}

impl RejectReason {
    /// The stable name that clients and metrics go by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotJson { .. } => "not_json",
            Self::BadField { code, .. } => code,
        }
    }

    fn field(field: impl Into<String>, code: &'static str, problem: impl ToString) -> Self {
        Self::BadField { field: field.into(), problem: problem.to_string(), code }
    }

    fn missing(field: impl Into<String>) -> Self {
        Self::field(field, "missing_field", "is missing")
    }
}

/// Reads a body.
///
/// # Errors
/// [`RejectReason`], at the first thing wrong.
pub fn parse(body: &[u8]) -> Result<ValidPayload, RejectReason> {
    let payload: EnvelopePayload = serde_json::from_slice(body).map_err(|_slow_path| explain(body))?;
    let project_id = payload.project_id.ok_or_else(|| RejectReason::missing("project_id"))?;
    let events = payload.events.ok_or_else(|| RejectReason::missing("events"))?;
    if !(1..=EVENTS_PER_ENVELOPE_MAX).contains(&events.len()) {
        let problem = format!("has {} events; send 1 to {EVENTS_PER_ENVELOPE_MAX}", events.len());
        return Err(RejectReason::field("events", "bad_event_count", problem));
    }
    Ok(ValidPayload {
        envelope_id: payload.envelope_id.map(envelope_id).transpose()?,
        project_id: ProjectId::try_from(project_id)
            .map_err(|problem| RejectReason::field("project_id", "bad_project_id", problem))?,
        visitor_id: uuid("visitor_id", payload.visitor_id)?,
        session_id: uuid("session_id", payload.session_id)?,
        events: events
            .into_iter()
            .enumerate()
            .map(|(place, event)| parse_event(place, event))
            .collect::<Result<_, _>>()?,
    })
}

/// Reads the body again, slowly, to tell where it is wrong.
fn explain(body: &[u8]) -> RejectReason {
    let mut json = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, EnvelopePayload>(&mut json) {
        Err(error) if error.inner().is_data() => {
            let (path, problem) = (error.path().to_string(), error.inner().to_string());
            let field = if path == "." { "body".to_owned() } else { path };
            RejectReason::field(field, "bad_field", format_args!("is not as it should be: {problem}"))
        }
        Err(error) => RejectReason::NotJson { problem: error.into_inner().to_string() },
        // The payload was whole; something stands behind it.
        Ok(_payload) => RejectReason::NotJson { problem: "something follows the envelope".to_owned() },
    }
}

fn envelope_id(text: String) -> Result<EnvelopeId, RejectReason> {
    let id = uuid("envelope_id", Some(text))?;
    EnvelopeId::try_from(id).map_err(|problem| RejectReason::field("envelope_id", "bad_envelope_id", problem))
}

fn uuid(field: &'static str, text: Option<String>) -> Result<Uuid, RejectReason> {
    let text = text.ok_or_else(|| RejectReason::missing(field))?;
    Uuid::try_parse(&text).map_err(|_problem| RejectReason::field(field, "bad_uuid", "must be a UUID"))
}

fn parse_event(place: usize, event: EventPayload) -> Result<Event, RejectReason> {
    let path = |field: &str| format!("events[{place}].{field}");
    let age_ms = event.age_ms.unwrap_or(0);
    if age_ms > AGE_MS_MAX {
        let problem = format!("is {age_ms}; events older than {AGE_MS_MAX} ms (7 days) are not taken");
        return Err(RejectReason::field(path("age_ms"), "event_too_old", problem));
    }
    let kind = event.r#type.as_deref().ok_or_else(|| RejectReason::missing(path("type")))?;
    let kind = if kind == IMPRESSION {
        none(&path, [("label", event.label.is_some()), ("data", event.data.is_some())], "an interaction")?;
        let url = event.url.ok_or_else(|| RejectReason::missing(path("url")))?;
        let referrer = event.referrer.filter(|text| !text.is_empty());
        EventKind::Impression {
            url: page_url(&path("url"), &url)?,
            referrer: referrer.map(|text| bounded(&path("referrer"), &text, URL_BYTES_MAX)).transpose()?,
        }
    } else {
        none(&path, [("url", event.url.is_some()), ("referrer", event.referrer.is_some())], "an impression")?;
        EventKind::Interaction {
            interaction: interaction(&path("type"), kind)?,
            label: event.label.map(|text| bounded(&path("label"), &text, LABEL_BYTES_MAX)).transpose()?,
            data: event.data.map(|data| data::parse(&path("data"), data)).transpose()?,
        }
    };
    Ok(Event { age_ms, kind })
}

/// Refuses fields that would be silently lost with this kind of event.
fn none(
    path: &impl Fn(&str) -> String,
    fields: [(&str, bool); 2],
    belongs_to: &str,
) -> Result<(), RejectReason> {
    match fields.iter().find(|(_, given)| *given) {
        Some((field, _)) => Err(RejectReason::field(
            path(field),
            "field_of_other_type",
            format_args!("belongs to {belongs_to} only"),
        )),
        None => Ok(()),
    }
}

fn interaction(field: &str, text: &str) -> Result<InteractionType, RejectReason> {
    InteractionType::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| {
        let known: Vec<&str> = InteractionType::ALL.iter().map(|known| known.as_str()).collect();
        RejectReason::field(field, "unknown_type", format_args!("must be {IMPRESSION}, {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests;
