//! A log knows addresses and user agents, and no visitors: how the one becomes the other.

use std::collections::HashMap;
use std::net::IpAddr;

use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};
use uuid::{Builder, Uuid};

/// Quiet that ends a session, in minutes of the log's time.
const SESSION_QUIET_MIN: i64 = 30;

/// The sessions seen so far. The same log gives the same ids each time.
#[derive(Debug, Default)]
pub(super) struct Sessions(HashMap<Uuid, Session>);

#[derive(Debug)]
struct Session {
    number: u64,
    last_at: OffsetDateTime,
}

/// Who asked for a page, and in which session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) visitor_id: Uuid,
    pub(super) session_id: Uuid,
}

impl Sessions {
    /// The visitor is the address and the user agent; a session of theirs ends with 30 minutes of quiet.
    ///
    /// Lines out of order, as servers write them, do not end a session.
    pub(super) fn identify(
        &mut self,
        address: IpAddr,
        user_agent: Option<&str>,
        at: OffsetDateTime,
    ) -> Identity {
        let (address, user_agent) = (address.to_string(), user_agent.unwrap_or_default());
        let visitor_id = uuid_of(&[b"visitor", address.as_bytes(), user_agent.as_bytes()]);
        let session = self.0.entry(visitor_id).or_insert(Session { number: 0, last_at: at });
        if at - session.last_at > Duration::minutes(SESSION_QUIET_MIN) {
            session.number += 1;
        }
        session.last_at = session.last_at.max(at);
        let session_id = uuid_of(&[b"session", visitor_id.as_bytes(), &session.number.to_be_bytes()]);
        Identity { visitor_id, session_id }
    }
}

/// A UUID of version 8 from the SHA-256 of the parts, each led by its length so that no two lists look the same.
fn uuid_of(parts: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const START: OffsetDateTime = datetime!(2015-05-17 10:00 UTC);

    fn identify(sessions: &mut Sessions, address: &str, user_agent: &str, minutes: i64) -> Identity {
        sessions.identify(address.parse().unwrap(), Some(user_agent), START + Duration::minutes(minutes))
    }

    #[test]
    fn ids_are_the_same_in_every_replay() {
        let first = identify(&mut Sessions::default(), "203.0.113.9", "Agent", 0);
        assert_eq!(first, identify(&mut Sessions::default(), "203.0.113.9", "Agent", 0));
        assert_eq!(first.visitor_id.get_version_num(), 8);
    }

    #[test]
    fn another_address_or_another_user_agent_is_another_visitor() {
        let mut sessions = Sessions::default();
        let first = identify(&mut sessions, "203.0.113.9", "Agent", 0).visitor_id;
        assert_ne!(first, identify(&mut sessions, "203.0.113.8", "Agent", 0).visitor_id);
        assert_ne!(first, identify(&mut sessions, "203.0.113.9", "Other", 0).visitor_id);
    }

    #[test]
    fn a_session_lasts_through_half_an_hour_of_quiet_and_not_a_minute_longer() {
        let mut sessions = Sessions::default();
        let first = identify(&mut sessions, "203.0.113.9", "Agent", 0);
        assert_eq!(first, identify(&mut sessions, "203.0.113.9", "Agent", 30));
        let later = identify(&mut sessions, "203.0.113.9", "Agent", 61);
        assert_eq!(later.visitor_id, first.visitor_id);
        assert_ne!(later.session_id, first.session_id);
    }

    #[test]
    fn a_line_out_of_order_stays_in_the_session() {
        let mut sessions = Sessions::default();
        let late = identify(&mut sessions, "203.0.113.9", "Agent", 40);
        assert_eq!(late, identify(&mut sessions, "203.0.113.9", "Agent", 0));
        assert_eq!(late, identify(&mut sessions, "203.0.113.9", "Agent", 41));
    }
}
