//! A request's words, untrusted, and their one way into events: a body, or a pixel's query.
//!
//! The whole envelope is refused at the first thing wrong with it, with the field's path and what to change: a 202
//! never stands for a part. What is parsed here can't fail in Postgres: text holds no NUL, numbers are bounded, nesting
//! is shallow, every length has its limit in [`shared::event`]. `docs/limits.md` goes through what could.

mod body;
mod data;
mod event;
mod query;
mod reject;
mod schema;
mod scrub;
mod stated;
mod text;

use shared::event::{AGE_MS_MAX, EVENTS_PER_ENVELOPE_MAX, Event};
use shared::ids::{EnvelopeId, ProjectId};
use time::OffsetDateTime;
use uuid::Uuid;

pub(crate) use self::body::{EnvelopePayload, EventPayload};
pub(crate) use self::query::PixelQuery;
pub use self::query::{QUERY_BYTES_MAX, from_query};
use self::reject::Field;
pub use self::reject::{Mistake, RejectReason};
pub use self::scrub::{REDACTED, scrub};
pub use self::stated::{SENT_AHEAD_MS_MAX, Stated};
pub use self::text::{clean, user_agent};

/// What a request said, all of it valid.
#[derive(Debug, PartialEq)]
pub struct ValidPayload {
    /// The client's retry key, if it chose one.
    pub envelope_id: Option<EnvelopeId>,
    /// Whose widget it was; whether there is such a project is not known here.
    pub project_id: ProjectId,
    /// The browser's id; a pixel may do without.
    pub visitor_id: Option<Uuid>,
    /// The session's id; a pixel may do without.
    pub session_id: Option<Uuid>,
    /// Whether the page's script found its browser driven by a program.
    pub webdriver: bool,
    /// 1 to 100 events.
    pub events: Vec<Event>,
    /// What only a sender with a project's secret key may state; `None` where nothing of the kind was said.
    pub stated: Option<Stated>,
}

impl ValidPayload {
    /// The payload of a request that came without a project's secret key.
    ///
    /// # Errors
    /// [`Mistake::KeyRequired`] with the first field that only a key may set.
    pub fn without_key(self) -> Result<Self, RejectReason> {
        match &self.stated {
            None => Ok(self),
            Some(stated) => Err(RejectReason::field(
                stated.first_field(),
                Mistake::KeyRequired,
                "may be set with the project's secret key only: send it as Authorization: Bearer, from a server",
            )),
        }
    }
}

/// Reads a body that was received at `now`.
///
/// # Errors
/// [`RejectReason`], at the first thing wrong.
pub fn parse(body: &[u8], now: OffsetDateTime) -> Result<ValidPayload, RejectReason> {
    let payload = body::read(body)?;
    let project_id = project_id(payload.project_id)?;
    let stated = stated::parse(payload.client_address, payload.user_agent, payload.sent_at, now)?;
    let envelope_id = payload.envelope_id.map(envelope_id).transpose()?;
    let visitor_id = Some(uuid(Field::top("visitor_id"), payload.visitor_id)?);
    let session_id = Some(uuid(Field::top("session_id"), payload.session_id)?);
    let webdriver = payload.webdriver.unwrap_or_default();
    let events = events(payload.events)?;
    if let Some(sent_at) = stated.as_ref().and_then(|stated| stated.sent_at) {
        check_ages(&events, now - sent_at)?;
    }
    Ok(ValidPayload { envelope_id, project_id, visitor_id, session_id, webdriver, events, stated })
}

fn events(payloads: Option<Vec<EventPayload>>) -> Result<Vec<Event>, RejectReason> {
    let field = Field::top("events");
    let payloads = payloads.ok_or_else(|| RejectReason::missing(field))?;
    if !(1..=EVENTS_PER_ENVELOPE_MAX).contains(&payloads.len()) {
        let problem = format!("has {} events; send 1 to {EVENTS_PER_ENVELOPE_MAX}", payloads.len());
        return Err(RejectReason::field(field, Mistake::BadEventCount, problem));
    }
    payloads.into_iter().enumerate().map(|(place, payload)| event::parse(place, payload)).collect()
}

/// Refuses an event that is too old once the time since its envelope was sent is added to its age.
fn check_ages(events: &[Event], since_sent: time::Duration) -> Result<(), RejectReason> {
    let since_sent_ms = u64::try_from(since_sent.whole_milliseconds()).unwrap_or(0);
    match events.iter().position(|event| event.age_ms.saturating_add(since_sent_ms) > AGE_MS_MAX) {
        Some(place) => Err(event::too_old(Field::of_event(place, "age_ms"), "before sent_at")),
        None => Ok(()),
    }
}

fn project_id(text: Option<String>) -> Result<ProjectId, RejectReason> {
    let field = Field::top("project_id");
    let text = text.ok_or_else(|| RejectReason::missing(field))?;
    ProjectId::try_from(text).map_err(|problem| RejectReason::field(field, Mistake::BadProjectId, problem))
}

fn envelope_id(text: String) -> Result<EnvelopeId, RejectReason> {
    let field = Field::top("envelope_id");
    let id = uuid(field, Some(text))?;
    EnvelopeId::try_from(id).map_err(|problem| RejectReason::field(field, Mistake::BadEnvelopeId, problem))
}

/// Any form of a UUID: with dashes or without, in braces, as a URN, in upper case; one id whichever it is.
fn uuid(field: Field, text: Option<String>) -> Result<Uuid, RejectReason> {
    let text = text.ok_or_else(|| RejectReason::missing(field))?;
    Uuid::try_parse(&text).map_err(|_problem| RejectReason::field(field, Mistake::BadUuid, "must be a UUID"))
}

#[cfg(test)]
mod tests;
