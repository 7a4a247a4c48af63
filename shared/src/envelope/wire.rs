//! The wire form of version 2: protobuf. A field has a number for ever, a reader leaves out the numbers that it does not know,
//! and a field that is absent has its default; so a version is only left when a field changes its meaning.
//!
//! A message is `08 02`, the version as field 1, then each envelope as field 2.

mod form;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use prost::Message as _;
use time::OffsetDateTime;
use uuid::Uuid;

use self::form::{
    WireDropped, WireEnvelope, WireEvent, WireId, WireImpression, WireInteraction, WireKind, WireMessage,
    WireVersion,
};
use super::{DecodeError, DropReason, Dropped, Envelope, RobotSigns};
use crate::event::{Event, EventKind, InteractionType};
use crate::network::ClientNetwork;

/// How each message of this form begins: field 1, a number. No JSON and no packed message begins so.
pub(super) const MARK: u8 = 0x08;
/// What leads an envelope in a message: field 2, so many bytes.
const ENVELOPE_KEY: u8 = 0x12;
/// What the key and the length of an envelope take at most, in bytes.
const ENVELOPE_HEAD_BYTES: usize = 6;

/// An envelope as it stands in a message, its key and length before it.
pub(super) fn encode(envelope: Envelope) -> Result<Vec<u8>, serde_json::Error> {
    let wire = WireEnvelope::of(envelope)?;
    let length = wire.encoded_len();
    let mut bytes = Vec::with_capacity(ENVELOPE_HEAD_BYTES + length);
    bytes.push(ENVELOPE_KEY);
    prost::encode_length_delimiter(length, &mut bytes).map_err(serde::ser::Error::custom)?;
    wire.encode_raw(&mut bytes);
    Ok(bytes)
}

/// The envelopes of a message that begins with [`MARK`].
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Envelope>, DecodeError> {
    let version = u32::from(super::MESSAGE_VERSION);
    match WireMessage::decode(bytes) {
        Ok(message) if message.version == version => {
            message.envelopes.into_iter().map(WireEnvelope::envelope).collect()
        }
        Ok(message) => Err(DecodeError::UnknownVersion(message.version)),
        Err(garbled) => match WireVersion::decode(bytes) {
            Ok(newer) if newer.version != version => Err(DecodeError::UnknownVersion(newer.version)),
            _ => Err(DecodeError::Garbled(garbled)),
        },
    }
}

impl WireEnvelope {
    fn of(envelope: Envelope) -> Result<Self, serde_json::Error> {
        let (client_v4, client_v6) = match envelope.client.map(ClientNetwork::first_address) {
            Some(IpAddr::V4(v4)) => (Some(v4.to_bits()), None),
            Some(IpAddr::V6(v6)) => (None, Some((v6.to_bits() >> u64::BITS) as u64)),
            None => (None, None),
        };
        let RobotSigns { prefetch, webdriver, no_user_agent } = envelope.robot;
        Ok(Self {
            envelope_id: Some(envelope.envelope_id.as_uuid().into()),
            project_id: envelope.project_id.into(),
            received_at: milliseconds(envelope.received_at),
            sent_at: envelope.sent_at.map(milliseconds),
            client_v4,
            client_v6,
            user_agent: envelope.user_agent,
            visitor_id: envelope.visitor_id.map(WireId::from),
            session_id: envelope.session_id.map(WireId::from),
            dropped: envelope.dropped.map(WireDropped::from),
            prefetch,
            webdriver,
            no_user_agent,
            events: envelope.events.into_iter().map(WireEvent::of).collect::<Result<_, _>>()?,
        })
    }

    fn envelope(self) -> Result<Envelope, DecodeError> {
        let envelope_id = self.envelope_id.ok_or(DecodeError::Impossible("an envelope without an id"))?;
        let v4 = self.client_v4.map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)));
        let v6 = self.client_v6.map(|high| IpAddr::V6(Ipv6Addr::from_bits(u128::from(high) << u64::BITS)));
        Ok(Envelope {
            envelope_id: Uuid::from(envelope_id)
                .try_into()
                .map_err(|_| DecodeError::Impossible("an envelope's id that is no UUIDv7"))?,
            project_id: self
                .project_id
                .try_into()
                .map_err(|_| DecodeError::Impossible("a project id that is none"))?,
            received_at: time(self.received_at)?,
            sent_at: self.sent_at.map(time).transpose()?,
            client: v4.or(v6).map(ClientNetwork::from),
            user_agent: self.user_agent,
            visitor_id: self.visitor_id.map(Uuid::from),
            session_id: self.session_id.map(Uuid::from),
            dropped: self.dropped.map(WireDropped::dropped).transpose()?,
            robot: RobotSigns {
                prefetch: self.prefetch,
                webdriver: self.webdriver,
                no_user_agent: self.no_user_agent,
            },
            events: self.events.into_iter().map(WireEvent::event).collect::<Result<_, _>>()?,
        })
    }
}

impl WireEvent {
    fn of(event: Event) -> Result<Self, serde_json::Error> {
        let kind = match event.kind {
            EventKind::Impression { url, referrer } => WireKind::Impression(WireImpression { url, referrer }),
            EventKind::Interaction { interaction, label, data } => WireKind::Interaction(WireInteraction {
                interaction: number(&InteractionType::ALL, interaction),
                label,
                data: data.map(|data| serde_json::to_string(&data)).transpose()?,
            }),
        };
        Ok(Self { age_ms: event.age_ms, kind: Some(kind) })
    }

    fn event(self) -> Result<Event, DecodeError> {
        let kind = match self.kind {
            Some(WireKind::Impression(WireImpression { url, referrer })) => {
                EventKind::Impression { url, referrer }
            }
            Some(WireKind::Interaction(WireInteraction { interaction, label, data })) => {
                EventKind::Interaction {
                    interaction: numbered(&InteractionType::ALL, interaction)
                        .ok_or(DecodeError::Impossible("an interaction that this build does not know"))?,
                    label,
                    data: data.map(|data| serde_json::from_str(&data)).transpose()?,
                }
            }
            None => return Err(DecodeError::Impossible("an event of a kind that this build does not know")),
        };
        Ok(Event { age_ms: self.age_ms, kind })
    }
}

impl From<Dropped> for WireDropped {
    fn from(dropped: Dropped) -> Self {
        Self { reason: number(&DropReason::ALL, dropped.reason), events: dropped.events.into() }
    }
}

impl WireDropped {
    fn dropped(self) -> Result<Dropped, DecodeError> {
        let reason = numbered(&DropReason::ALL, self.reason)
            .ok_or(DecodeError::Impossible("a reason for a drop that this build does not know"))?;
        let events = u16::try_from(self.events)
            .map_err(|_| DecodeError::Impossible("more dropped events than an envelope holds"))?;
        Ok(Dropped { reason, events })
    }
}

impl From<Uuid> for WireId {
    fn from(id: Uuid) -> Self {
        let (high, low) = id.as_u64_pair();
        Self { high, low }
    }
}

impl From<WireId> for Uuid {
    fn from(id: WireId) -> Self {
        Self::from_u64_pair(id.high, id.low)
    }
}

/// The number of `one` on the wire: its place among all, from 1. 0 is what an absent field reads as.
fn number<T: PartialEq>(all: &[T], one: T) -> u32 {
    all.iter().zip(1..).find_map(|(known, number)| (*known == one).then_some(number)).unwrap_or_default()
}

fn numbered<T: Copy>(all: &[T], number: u32) -> Option<T> {
    all.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
}

/// Milliseconds since 1970; what is finer is lost.
fn milliseconds(time: OffsetDateTime) -> i64 {
    time.unix_timestamp() * 1_000 + i64::from(time.millisecond())
}

fn time(milliseconds: i64) -> Result<OffsetDateTime, DecodeError> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000)
        .map_err(|_| DecodeError::Impossible("a time beyond the calendar"))
}
