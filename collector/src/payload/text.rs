//! Text that Postgres takes: no NUL, and no longer than its limit.

use std::borrow::Cow;

use shared::event::{URL_BYTES_MAX, USER_AGENT_BYTES_MAX};

use super::reject::{Field, Mistake, RejectReason};
use super::scrub::{scheme_length, scrub};

/// The text with every NUL replaced by U+FFFD: Postgres's `text` and `jsonb` hold all of Unicode but that.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.as_bytes().contains(&0) {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A user agent, cleaned and cut to [`USER_AGENT_BYTES_MAX`]: a client seldom chooses its own. `None` where it is empty.
pub fn user_agent(text: &str) -> Option<String> {
    let mut text = clean(text).into_owned();
    text.truncate(text.floor_char_boundary(USER_AGENT_BYTES_MAX));
    (!text.is_empty()).then_some(text)
}

/// As [`clean`], of a text that is ours.
pub(super) fn cleaned(text: String) -> String {
    match clean(&text) {
        Cow::Owned(cleaned) => cleaned,
        Cow::Borrowed(_) => text,
    }
}

/// A cleaned text of at most `limit_bytes`.
pub(super) fn bounded(field: Field, text: String, limit_bytes: usize) -> Result<String, RejectReason> {
    let text = cleaned(text);
    if text.len() <= limit_bytes {
        return Ok(text);
    }
    let problem = format!("has {} bytes; at most {limit_bytes} are kept", text.len());
    Err(RejectReason::field(field, Mistake::TextTooLong, problem))
}

/// A page's address: bounded, scrubbed, and with a scheme, so that a relative path is noticed by its author.
pub(super) fn page_url(field: Field, text: String) -> Result<String, RejectReason> {
    let url = bounded(field, text, URL_BYTES_MAX)?;
    if scheme_length(&url).is_none() {
        let problem = "must be a full URL, as https://example.com/";
        return Err(RejectReason::field(field, Mistake::BadUrl, problem));
    }
    Ok(match scrub(&url) {
        Cow::Borrowed(same) if same.len() == url.len() => url,
        scrubbed => scrubbed.into_owned(),
    })
}
