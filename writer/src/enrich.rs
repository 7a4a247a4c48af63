//! What an envelope does not know itself: the place its client is in, whether a robot made it, and the mark by which a
//! retry is known.

pub mod geo;
pub mod robots;

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};
use shared::envelope::{DropReason, Envelope};
use shared::event::Event;
use shared::user_agent::{Agent, UserAgents};
use time::OffsetDateTime;
use uuid::Uuid;

use self::geo::{Geo, Place};
use self::robots::Robots;
use crate::batch::{Batch, Undecodable};

/// First bytes of the SHA-256 over an envelope's events: enough to tell a retry from another envelope with its id.
pub type EventsHash = [u8; 16];

/// An envelope ready to be stored.
#[derive(Debug)]
pub struct PreparedEnvelope {
    /// As it came.
    pub envelope: Envelope,
    /// What a retry must match.
    pub events_hash: EventsHash,
    /// Where its client is, as far as known.
    pub place: Option<Place>,
    /// Why its events are no visitor's, if so; its project may keep them all the same.
    pub robot: Option<DropReason>,
    /// What its browser is.
    pub agent: Agent,
    /// Events that Postgres refused when they were tried, by place in the envelope, with its words.
    pub refused: BTreeMap<usize, String>,
}

impl PreparedEnvelope {
    /// Takes back what Postgres said of its events.
    pub(crate) fn forget_refusals(&mut self) {
        self.refused = beyond_the_calendar(&self.envelope);
    }
}

/// A batch ready to be stored.
#[derive(Debug)]
pub struct PreparedBatch {
    /// What was read, in delivery order.
    pub envelopes: Vec<PreparedEnvelope>,
    /// What could not be read.
    pub undecodable: Vec<Undecodable>,
}

impl PreparedBatch {
    /// When the collector had received what waited longest; none where nothing could be read.
    pub fn oldest_received_at(&self) -> Option<OffsetDateTime> {
        self.envelopes.iter().map(|prepared| prepared.envelope.received_at).min()
    }
}

/// Turns batches into prepared ones.
pub struct Enricher {
    geo: Geo,
    robots: Robots,
    user_agents: UserAgents,
}

impl Enricher {
    /// An enricher that looks places up in `geo`, and knows the list of crawlers.
    pub fn new(geo: Geo) -> Self {
        Self { geo, robots: Robots::new(), user_agents: UserAgents::default() }
    }

    /// Adds to each envelope what it does not know.
    pub fn prepare(&self, batch: Batch) -> PreparedBatch {
        let envelopes = batch.envelopes.into_iter().map(|envelope| self.prepare_envelope(envelope));
        PreparedBatch { envelopes: envelopes.collect(), undecodable: batch.undecodable }
    }

    /// Adds to one envelope what it does not know.
    pub(crate) fn prepare_envelope(&self, envelope: Envelope) -> PreparedEnvelope {
        PreparedEnvelope {
            events_hash: events_hash(&envelope),
            place: envelope.client.and_then(|client| self.geo.place(client.first_address())),
            robot: self.robots.reason(&envelope),
            agent: self.user_agents.agent(envelope.user_agent.as_deref()),
            refused: beyond_the_calendar(&envelope),
            envelope,
        }
    }
}

/// Events that no timestamp can be given to; a collector lets none through, an import may.
fn beyond_the_calendar(envelope: &Envelope) -> BTreeMap<usize, String> {
    let events = envelope.events.iter().enumerate();
    let beyond = events.filter(|(_, event)| envelope.created_at(event).is_none());
    beyond.map(|(place, _)| (place, "created_at is beyond the calendar".to_owned())).collect()
}

/// The hash over what the client said, and nothing that differs between a request and its retry: a page that was fetched
/// ahead may be shown when it tries again.
fn events_hash(envelope: &Envelope) -> EventsHash {
    #[derive(Serialize)]
    struct Said<'a> {
        visitor_id: Option<Uuid>,
        session_id: Option<Uuid>,
        events: &'a [Event],
    }

    let Envelope { visitor_id, session_id, ref events, .. } = *envelope;
    // These types always serialise; should they not, an empty text makes every reuse look like a retry, loses none.
    let said = serde_json::to_vec(&Said { visitor_id, session_id, events }).unwrap_or_default();
    let digest: [u8; 32] = Sha256::digest(&said).into();
    std::array::from_fn(|place| digest[place])
}

#[cfg(test)]
mod tests {
    use shared::envelope::RobotSigns;
    use shared::event::EventKind;
    use time::macros::datetime;

    use super::*;

    fn envelope() -> Envelope {
        Envelope {
            envelope_id: Uuid::now_v7().try_into().unwrap(),
            project_id: "a".parse().unwrap(),
            received_at: datetime!(2026-11-23 12:00 UTC),
            sent_at: None,
            client: None,
            user_agent: None,
            visitor_id: Some(Uuid::from_u128(1)),
            session_id: Some(Uuid::from_u128(2)),
            dropped: None,
            robot: RobotSigns::default(),
            events: vec![Event {
                age_ms: 0,
                kind: EventKind::Impression { url: "https://example.com/".to_owned(), referrer: None },
            }],
        }
    }

    /// The ledger keeps these for ever: were one to change, each retry across the release would look like a reuse.
    #[test]
    fn the_hash_of_what_version_1_could_say_never_changes() {
        let hash = u128::from_be_bytes(events_hash(&envelope()));
        assert_eq!(format!("{hash:032x}"), "02cd775ca6b36d8087242df1b5963d1f");
    }

    #[test]
    fn a_retry_received_later_from_elsewhere_has_the_same_hash() {
        let mut retry = envelope();
        retry.received_at = datetime!(2026-11-23 12:05 UTC);
        retry.user_agent = Some("another".to_owned());
        retry.robot = RobotSigns { prefetch: true, webdriver: true, no_user_agent: true };
        assert_eq!(events_hash(&envelope()), events_hash(&retry));
    }

    #[test]
    fn other_events_or_another_visitor_have_another_hash() {
        let (mut other_age, mut other_visitor) = (envelope(), envelope());
        other_age.events[0].age_ms = 1;
        other_visitor.visitor_id = Some(Uuid::from_u128(3));
        assert_ne!(events_hash(&envelope()), events_hash(&other_age));
        assert_ne!(events_hash(&envelope()), events_hash(&other_visitor));
    }
}
