//! Takes secrets and personal data out of a page's address; `docs/privacy.md` has the rules as a table.
//!
//! One pass over the text, part by part: scheme, host, path segments, query pairs. A part is kept as it stands or
//! replaced whole, so scrubbing twice is scrubbing once, and an address with nothing to hide is not copied.

mod secret;

use std::borrow::Cow;
use std::ops::Range;

use shared::event::URL_BYTES_MAX;

pub(super) use self::secret::escaped;
use self::secret::{holds_email, holds_secret, names_secret};

/// What stands in the place of a secret.
pub const REDACTED: &str = "redacted";
/// Schemes that name no host, even where `//` follows: a comment in a script, a folder with a person's name.
const HOSTLESS_SCHEMES: [&str; 5] = ["blob:", "data:", "file:", "filesystem:", "javascript:"];

/// The address without its secrets, of at most [`URL_BYTES_MAX`] bytes.
///
/// Takes any text, not only addresses. Where it would be longer than the limit, what stands behind the last whole part
/// within it is cut.
pub fn scrub(url: &str) -> Cow<'_, str> {
    let mut out = Output { url, same_bytes: 0, changed: None };
    let head = match scheme_length(url) {
        Some(length) if !has_host(url, length) => {
            out.unit(&[Piece::Kept(0..length)]);
            return out.into_text();
        }
        Some(length) => length,
        None => 0,
    };
    if let Some(position) = host(url, head, &mut out) {
        parts(url, position, &mut out);
    }
    out.into_text()
}

/// Whether what follows the scheme is the address of a host. Else it is content (`data:`) or a person's (`mailto:`).
fn has_host(url: &str, scheme_length: usize) -> bool {
    let scheme = &url[..scheme_length];
    url[scheme_length..].starts_with("//")
        && !HOSTLESS_SCHEMES.iter().any(|hostless| hostless.eq_ignore_ascii_case(scheme))
}

/// How long the scheme is, with its colon.
pub(super) fn scheme_length(url: &str) -> Option<usize> {
    let (scheme, _) = url.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then_some(scheme.len() + 1)
}

/// Keeps scheme and host, drops the user info between them; answers where the path begins, if there is room for one.
fn host(url: &str, head: usize, out: &mut Output<'_>) -> Option<usize> {
    if !url[head..].starts_with("//") {
        return Some(head);
    }
    let start = head + 2;
    // Not at a backslash: a password may hold one.
    let end = position(url, start, |byte| matches!(byte, b'/' | b'?' | b'#'));
    let host =
        url.as_bytes()[start..end].iter().rposition(|byte| *byte == b'@').map_or(start, |at| start + at + 1);
    let host = if holds_email(&url.as_bytes()[host..end]) { Piece::Redacted } else { Piece::Kept(host..end) };
    out.unit(&[Piece::Kept(0..start), host]).then_some(end)
}

/// Path and query, part by part. The fragment is dropped: a page's own script may keep anything in it.
fn parts(url: &str, mut from: usize, out: &mut Output<'_>) {
    let mut is_in_query = false;
    let mut start = from;
    loop {
        let end = end_of_part(url, start, is_in_query);
        let separator = Piece::Kept(from..start);
        let is_whole = match position(&url[..end], start, |byte| byte == b'=') {
            at if at < end => {
                let (name, value) = (start..at, at + 1..end);
                let is_named = !value.is_empty() && names_secret(&url.as_bytes()[name.clone()]);
                let equals = Piece::Kept(at..at + 1);
                let value = if is_named { Piece::Redacted } else { judged(url, value) };
                out.unit(&[separator, judged(url, name), equals, value])
            }
            _none => out.unit(&[separator, judged(url, start..end)]),
        };
        match url.as_bytes().get(end) {
            None | Some(b'#') => return,
            Some(b'?') => is_in_query = true,
            Some(_) => {}
        }
        if !is_whole {
            return;
        }
        (from, start) = (end, end + 1);
    }
}

fn judged(url: &str, part: Range<usize>) -> Piece {
    if holds_secret(&url.as_bytes()[part.clone()]) { Piece::Redacted } else { Piece::Kept(part) }
}

/// In a path `;` begins parameters (`;jsessionid=…`); in a query it was once used for `&`.
fn end_of_part(url: &str, start: usize, is_in_query: bool) -> usize {
    if is_in_query {
        position(url, start, |byte| matches!(byte, b'&' | b';' | b'#'))
    } else {
        position(url, start, |byte| matches!(byte, b'/' | b';' | b'?' | b'#'))
    }
}

/// Where the first such byte stands at or after `start`; the text's end where there is none.
fn position(text: &str, start: usize, is_it: impl Fn(u8) -> bool) -> usize {
    let rest = &text.as_bytes()[start..];
    rest.iter().position(|byte| is_it(*byte)).map_or(text.len(), |length| start + length)
}

/// A stretch of the address: where it stands there, or what stands for it.
enum Piece {
    Kept(Range<usize>),
    Redacted,
}

/// What is kept so far: a prefix of the address, until something in it had to change.
struct Output<'a> {
    url: &'a str,
    same_bytes: usize,
    changed: Option<String>,
}

impl<'a> Output<'a> {
    /// Adds pieces that stand or fall together; answers whether there was room for them.
    fn unit(&mut self, pieces: &[Piece]) -> bool {
        let added: usize = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Kept(range) => range.len(),
                Piece::Redacted => REDACTED.len(),
            })
            .sum();
        if self.changed.as_ref().map_or(self.same_bytes, String::len) + added > URL_BYTES_MAX {
            return false;
        }
        pieces.iter().for_each(|piece| self.piece(piece));
        true
    }

    fn piece(&mut self, piece: &Piece) {
        let (url, same_bytes) = (self.url, self.same_bytes);
        match (piece, &mut self.changed) {
            (Piece::Kept(range), None) if range.start == same_bytes => self.same_bytes = range.end,
            (Piece::Kept(range), changed) => {
                changed.get_or_insert_with(|| url[..same_bytes].to_owned()).push_str(&url[range.clone()]);
            }
            (Piece::Redacted, changed) => {
                changed.get_or_insert_with(|| url[..same_bytes].to_owned()).push_str(REDACTED);
            }
        }
    }

    fn into_text(self) -> Cow<'a, str> {
        match self.changed {
            Some(text) => Cow::Owned(text),
            None => Cow::Borrowed(&self.url[..self.same_bytes]),
        }
    }
}

#[cfg(test)]
mod tests;
