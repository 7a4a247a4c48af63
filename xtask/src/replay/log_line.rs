//! One line of an access log in combined format.

use std::net::IpAddr;

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// As in `17/May/2015:10:05:03 +0000`.
const TIME_FORMAT: &[BorrowedFormatItem<'static>] = format_description!(
    "[day]/[month repr:short]/[year]:[hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]"
);

/// What a web server noted of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogLine {
    pub(super) address: IpAddr,
    pub(super) at: OffsetDateTime,
    pub(super) method: String,
    /// Path and query, as requested.
    pub(super) target: String,
    pub(super) status: u16,
    pub(super) referrer: Option<String>,
    pub(super) user_agent: Option<String>,
}

impl LogLine {
    /// Reads `address identity user [time] "method target protocol" status bytes "referrer" "user agent"`.
    ///
    /// The last two may be absent (common format) or cut off; `-` stands for none.
    ///
    /// # Errors
    /// The part that can't be read, for the summary.
    pub(super) fn parse(line: &str) -> Result<Self, &'static str> {
        let (address, rest) = line.split_once(' ').ok_or("no address")?;
        let address = address.parse().map_err(|_| "address is no IP address")?;
        let (_identity_and_user, rest) = rest.split_once('[').ok_or("no time")?;
        let (at, rest) = rest.split_once(']').ok_or("no time")?;
        let at = OffsetDateTime::parse(at, TIME_FORMAT).map_err(|_| "time can't be read")?;
        let (request, rest) = quoted(rest).ok_or("no request")?;
        let mut words = request.split_whitespace();
        let (Some(method), Some(target), Some(_protocol), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err("request is not method, target and protocol");
        };
        let mut numbers = rest.trim_start().splitn(3, ' ');
        let status = numbers.next().and_then(|status| status.parse().ok()).ok_or("no status")?;
        let _bytes = numbers.next();
        let (referrer, rest) = quoted(numbers.next().unwrap_or_default()).unwrap_or_default();
        let (user_agent, _more) = quoted(rest).unwrap_or_default();
        Ok(Self {
            address,
            at,
            method: method.to_owned(),
            target: target.to_owned(),
            status,
            referrer: given(referrer),
            user_agent: given(user_agent),
        })
    }
}

/// The text between the next two quotes, and what follows; a text that is cut off ends with the line.
///
/// `\"` and `\\` are what a server makes of `"` and `\`; other escapes stay as they are.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (_, text) = text.split_once('"')?;
    let mut content = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((content, &text[at + 1..])),
            '\\' if text[at + 1..].starts_with(['"', '\\']) => {
                content.extend(letters.next().map(|(_, escaped)| escaped))
            }
            _ => content.push(letter),
        }
    }
    Some((content, ""))
}

fn given(text: String) -> Option<String> {
    (!text.is_empty() && text != "-").then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const START: &str = "203.0.113.9 - - [17/May/2015:10:05:03 +0200] ";

    fn parse(end: &str) -> Result<LogLine, &'static str> {
        LogLine::parse(&format!("{START}{end}"))
    }

    #[test]
    fn a_line_is_read_with_its_time_zone() {
        let line = parse(r#""GET /a?b=c HTTP/1.1" 200 12 "http://x.example/" "Agent/1.0 (x)""#).unwrap();
        assert_eq!(line.at, datetime!(2015-05-17 10:05:03 +2));
        assert_eq!((line.method.as_str(), line.target.as_str(), line.status), ("GET", "/a?b=c", 200));
        assert_eq!(line.referrer.as_deref(), Some("http://x.example/"));
        assert_eq!(line.user_agent.as_deref(), Some("Agent/1.0 (x)"));
    }

    #[test]
    fn dashes_and_absent_fields_are_none() {
        for end in
            [r#""GET / HTTP/1.1" 200 - "-" "-""#, r#""GET / HTTP/1.1" 200 -"#, r#""GET / HTTP/1.1" 200"#]
        {
            let line = parse(end).unwrap();
            assert_eq!((line.referrer, line.user_agent), (None, None), "{end}");
        }
    }

    #[test]
    fn quotes_within_a_field_and_a_field_cut_off_are_read() {
        let line = parse(r#""GET / HTTP/1.1" 200 1 "-" "a \"b\" \xe4 c\\"#).unwrap();
        assert_eq!(line.user_agent.as_deref(), Some(r#"a "b" \xe4 c\"#));
    }

    #[test]
    fn what_is_no_request_says_what_is_wrong_with_it() {
        assert_eq!(LogLine::parse(""), Err("no address"));
        assert_eq!(LogLine::parse("host.example - - [x] "), Err("address is no IP address"));
        assert_eq!(LogLine::parse("::1 - - [x] "), Err("time can't be read"));
        assert_eq!(parse(r#""\x16\x03" 400 0 "-" "-""#), Err("request is not method, target and protocol"));
        assert_eq!(parse(r#""GET / HTTP/1.1" - -"#), Err("no status"));
    }
}
