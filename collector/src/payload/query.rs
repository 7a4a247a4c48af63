//! A pixel's query: one impression of a page that runs no script.

use shared::event::{Event, EventKind};
use utoipa::IntoParams;

use super::reject::{Field, Mistake, RejectReason};
use super::scrub::{escaped, scrub};
use super::text::{clean, page_url};
use super::{ValidPayload, envelope_id, event, project_id, schema, uuid};

/// Longest query, in bytes: two addresses at their longest, every byte of them escaped, and three ids.
pub const QUERY_BYTES_MAX: usize = 16 * 1024;

/// The parameters that count. Others are ignored: pages and mail programs add their own, against caches.
#[derive(Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PixelQuery {
    #[param(schema_with = schema::envelope_id)]
    envelope_id: Option<String>,
    #[param(schema_with = schema::project_id)]
    project_id: Option<String>,
    #[param(schema_with = schema::visitor_id)]
    visitor_id: Option<String>,
    #[param(schema_with = schema::session_id)]
    session_id: Option<String>,
    #[param(schema_with = schema::url)]
    url: Option<String>,
    #[param(schema_with = schema::referrer)]
    referrer: Option<String>,
}

/// Reads a pixel's query, without its `?`. Where it names no page, the page is what the `Referer` header says.
///
/// An empty value counts as none. Visitor and session may be left out: a page without script has no such ids.
///
/// # Errors
/// [`RejectReason`], at the first thing wrong.
pub fn from_query(query: &str, referer: Option<&str>) -> Result<ValidPayload, RejectReason> {
    if query.len() > QUERY_BYTES_MAX {
        let problem = format!("has {} bytes; at most {QUERY_BYTES_MAX} are read", query.len());
        return Err(RejectReason::field("query", Mistake::TextTooLong, problem));
    }
    let query = read(query)?;
    let kind = match (query.url, referer) {
        (None, Some(referer)) => from_referer(referer, query.referrer)?,
        (url, _) => event::impression(Field::top("url"), url, query.referrer)?,
    };
    let optional =
        |name, text: Option<String>| text.map(|text| uuid(Field::top(name), Some(text))).transpose();
    Ok(ValidPayload {
        envelope_id: query.envelope_id.map(envelope_id).transpose()?,
        project_id: project_id(query.project_id)?,
        visitor_id: optional("visitor_id", query.visitor_id)?,
        session_id: optional("session_id", query.session_id)?,
        webdriver: false,
        events: vec![Event { age_ms: 0, kind }],
        stated: None,
    })
}

/// The page that a browser names by itself. Nobody can shorten that, so it is cut, not refused.
fn from_referer(referer: &str, referrer: Option<String>) -> Result<EventKind, RejectReason> {
    let page = page_url(Field::top("url"), scrub(&clean(referer)).into_owned())
        .map_err(|_no_page| RejectReason::missing(Field::top("url")))?;
    event::impression(Field::top("url"), Some(page), referrer)
}

fn read(query: &str) -> Result<PixelQuery, RejectReason> {
    let mut read = PixelQuery::default();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (field, place) = match decoded(name).as_deref() {
            Some("envelope_id") => ("envelope_id", &mut read.envelope_id),
            Some("project_id") => ("project_id", &mut read.project_id),
            Some("visitor_id") => ("visitor_id", &mut read.visitor_id),
            Some("session_id") => ("session_id", &mut read.session_id),
            Some("url") => ("url", &mut read.url),
            Some("referrer") => ("referrer", &mut read.referrer),
            _ => continue,
        };
        let refusal = |mistake, problem| RejectReason::field(Field::top(field), mistake, problem);
        let value = decoded(value).ok_or_else(|| refusal(Mistake::NotUtf8, "is no UTF-8 once decoded"))?;
        if place.is_some() {
            return Err(refusal(Mistake::BadField, "is given twice"));
        }
        *place = (!value.is_empty()).then_some(value);
    }
    Ok(read)
}

/// As forms encode: `%40` is a byte, `+` a space, and a `%` that begins no escape is itself.
fn decoded(text: &str) -> Option<String> {
    let mut rest = text.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let [first, after @ ..] = rest {
        let (byte, after) = match (escaped(rest), first) {
            (Some(byte), _) => (byte, &rest[3..]),
            (None, b'+') => (b' ', after),
            (None, byte) => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}
