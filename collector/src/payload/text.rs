//! Text that Postgres takes: no NUL, and no longer than its limit.

use std::borrow::Cow;

use shared::event::URL_BYTES_MAX;

use super::RejectReason;

/// The text with every NUL replaced by U+FFFD: Postgres's `text` and `jsonb` hold all of Unicode but that.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// A cleaned text of at most `limit_bytes`.
pub(super) fn bounded(field: &str, text: &str, limit_bytes: usize) -> Result<String, RejectReason> {
    let text = clean(text);
    if text.len() <= limit_bytes {
        return Ok(text.into_owned());
    }
    let problem = format!("has {} bytes; at most {limit_bytes} are kept", text.len());
    Err(RejectReason::field(field, "text_too_long", problem))
}

/// A page's address: bounded, and with a scheme, so that a relative path is noticed by its author.
pub(super) fn page_url(field: &str, text: &str) -> Result<String, RejectReason> {
    let url = bounded(field, text, URL_BYTES_MAX)?;
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
    if is_scheme {
        Ok(url)
    } else {
        Err(RejectReason::field(field, "bad_url", "must be a full URL, as https://example.com/"))
    }
}
