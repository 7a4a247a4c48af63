//! What a project's own server may state about a visitor who is not its peer: address, browser, and when.

use std::net::IpAddr;

use shared::event::AGE_MS_MAX;
use shared::network::ClientNetwork;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::reject::{Field, Mistake, RejectReason};
use super::text;

/// How far ahead of ours a server's clock may be, in milliseconds: ten minutes.
pub const SENT_AHEAD_MS_MAX: u64 = 10 * 60 * 1_000;

/// What a sender states; to be believed only with the project's secret key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The network of the visitor's address; the address itself was dropped when it was read.
    pub address: Option<ClientNetwork>,
    /// The visitor's user agent; `None` also where it was stated to be empty.
    pub user_agent: Option<String>,
    /// Whether it was stated to be empty: the visitor named no browser.
    pub no_user_agent: bool,
    /// When the envelope was sent, to the millisecond; at most seven days back and [`SENT_AHEAD_MS_MAX`] ahead.
    pub sent_at: Option<OffsetDateTime>,
}

impl Stated {
    /// The first of the fields that was stated.
    pub(super) fn first_field(&self) -> Field {
        Field::top(match self {
            Self { address: Some(_), .. } => "client_address",
            Self { sent_at: Some(_), .. } => "sent_at",
            _ => "user_agent",
        })
    }
}

/// What was stated, if anything was.
pub(super) fn parse(
    client_address: Option<String>,
    user_agent: Option<String>,
    sent_at: Option<String>,
    now: OffsetDateTime,
) -> Result<Option<Stated>, RejectReason> {
    if client_address.is_none() && user_agent.is_none() && sent_at.is_none() {
        return Ok(None);
    }
    let is_stated = user_agent.is_some();
    let user_agent = user_agent.and_then(|text| text::user_agent(&text));
    Ok(Some(Stated {
        address: client_address.map(|text| address(&text)).transpose()?,
        no_user_agent: is_stated && user_agent.is_none(),
        user_agent,
        sent_at: sent_at.map(|text| time(&text, now)).transpose()?,
    }))
}

/// The full address ends in this function; the refusal does not repeat it.
fn address(text: &str) -> Result<ClientNetwork, RejectReason> {
    match text.parse::<IpAddr>() {
        Ok(address) => Ok(address.into()),
        Err(_no_address) => Err(RejectReason::field(
            Field::top("client_address"),
            Mistake::BadAddress,
            "must be an IP address without port, zone or prefix, as 203.0.113.7 or 2001:db8::7",
        )),
    }
}

fn time(text: &str, now: OffsetDateTime) -> Result<OffsetDateTime, RejectReason> {
    let refusal = |problem| RejectReason::field(Field::top("sent_at"), Mistake::BadTime, problem);
    let time = OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_no_time| refusal("must be a time as in RFC 3339, as 2026-11-23T12:00:00.125Z"))?;
    let age_ms = (now - time).whole_milliseconds();
    if age_ms < -i128::from(SENT_AHEAD_MS_MAX) {
        return Err(refusal("is more than 10 minutes ahead; set the sender's clock"));
    }
    if age_ms > i128::from(AGE_MS_MAX) {
        return Err(refusal("is more than 7 days back; older events are not taken"));
    }
    // As everywhere in a message: what is sent is what is read.
    Ok(time - Duration::nanoseconds(i64::from(time.nanosecond() % 1_000_000)))
}
