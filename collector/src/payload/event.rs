//! One event: an impression with its page, or an interaction with its label and data.

use shared::event::{AGE_MS_MAX, Event, EventKind, InteractionType, LABEL_BYTES_MAX, URL_BYTES_MAX};

use super::body::EventPayload;
use super::data;
use super::reject::{Field, Mistake, RejectReason};
use super::scrub::scrub;
use super::text::{bounded, page_url};

/// The one kind of event that is no interaction.
pub(super) const IMPRESSION: &str = "impression";

/// The event at `place` of its envelope.
pub(super) fn parse(place: usize, event: EventPayload) -> Result<Event, RejectReason> {
    let field = |name| Field::of_event(place, name);
    let age_ms = event.age_ms.unwrap_or(0);
    if age_ms > AGE_MS_MAX {
        return Err(too_old(field("age_ms"), "before it was sent"));
    }
    let kind = event.r#type.as_deref().ok_or_else(|| RejectReason::missing(field("type")))?;
    let kind = if kind == IMPRESSION {
        let others = [(field("label"), event.label.is_some()), (field("data"), event.data.is_some())];
        none(others, "an interaction")?;
        impression(field("url"), event.url, event.referrer)?
    } else {
        let others = [(field("url"), event.url.is_some()), (field("referrer"), event.referrer.is_some())];
        none(others, "an impression")?;
        EventKind::Interaction {
            interaction: interaction(field("type"), kind)?,
            label: event.label.map(|text| bounded(field("label"), text, LABEL_BYTES_MAX)).transpose()?,
            data: event.data.map(|data| data::parse(field("data"), data)).transpose()?,
        }
    };
    Ok(Event { age_ms, kind })
}

/// An impression; `field` is where its `url` stands, or should.
pub(super) fn impression(
    field: Field,
    url: Option<String>,
    referrer: Option<String>,
) -> Result<EventKind, RejectReason> {
    let url = page_url(field, url.ok_or_else(|| RejectReason::missing(field))?)?;
    let referrer = referrer.map(|text| bounded(field.beside("referrer"), text, URL_BYTES_MAX)).transpose()?;
    let referrer = referrer.map(|text| scrub(&text).into_owned()).filter(|text| !text.is_empty());
    Ok(EventKind::Impression { url, referrer })
}

/// The refusal of an event whose age is beyond the limit.
pub(super) fn too_old(field: Field, since: &str) -> RejectReason {
    let problem = format!("is more than {AGE_MS_MAX} ms (7 days) {since}; older events are not taken");
    RejectReason::field(field, Mistake::EventTooOld, problem)
}

/// Refuses fields that would be silently lost with this kind of event.
fn none(fields: [(Field, bool); 2], belongs_to: &str) -> Result<(), RejectReason> {
    match fields.iter().find(|(_, given)| *given) {
        Some((field, _)) => Err(RejectReason::field(
            field,
            Mistake::FieldOfOtherType,
            format_args!("belongs to {belongs_to} only"),
        )),
        None => Ok(()),
    }
}

fn interaction(field: Field, text: &str) -> Result<InteractionType, RejectReason> {
    InteractionType::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| {
        let known: Vec<&str> = InteractionType::ALL.iter().map(|known| known.as_str()).collect();
        let problem = format!("must be {IMPRESSION}, {}", known.join(", "));
        RejectReason::field(field, Mistake::UnknownType, problem)
    })
}
