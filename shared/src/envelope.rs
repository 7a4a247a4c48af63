//! What one HTTP request put in, and the queue message that carries one or more of them.

mod dropped;
mod packed;
mod robot;
mod wire;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

pub use self::dropped::{DropReason, Dropped};
pub use self::robot::RobotSigns;
use crate::event::Event;
use crate::ids::{EnvelopeId, ProjectId};
use crate::network::ClientNetwork;

/// The version this build writes: protobuf. Readers take this one and every one before it, so writers deploy before collectors.
pub const MESSAGE_VERSION: u16 = 2;
/// The version that is JSON: what collectors wrote at first, and what quarantine keeps, since people read it.
pub const READABLE_VERSION: u16 = 1;
/// Largest message, in bytes: `RabbitMQ` 4 refuses above 16 MiB, and the writer's memory is a multiple of this.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// What stands around the envelopes of a message, in bytes.
const MESSAGE_FRAME_BYTES: usize = 32;

/// What one request put in for one project: the unit that is stored once or not at all.
///
/// It holds 1 to 100 events, or none and what a rule dropped instead of them ([`Envelope::dropped`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// The retry key: same id, same project, same events is the same envelope.
    pub envelope_id: EnvelopeId,
    /// Whose widget it was.
    pub project_id: ProjectId,
    /// When the collector had read the request, by its clock; in a message, milliseconds since 1970.
    #[serde(with = "time::serde::timestamp::milliseconds")]
    pub received_at: OffsetDateTime,
    /// When the sender says it sent it; set only where a project's secret key vouched for the sender, by its own clock.
    #[serde(
        default,
        with = "time::serde::timestamp::milliseconds::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub sent_at: Option<OffsetDateTime>,
    /// The client's truncated address, for the writer's geo look-up; stored nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientNetwork>,
    /// The browser's user agent, if it sent one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Cookie or local-storage id of the browser; a pixel has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor_id: Option<Uuid>,
    /// Browsing session, ended by 30 minutes of quiet; a pixel has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Uuid>,
    /// How many of its events a rule of the project dropped; they are counted and stand nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<Dropped>,
    /// What the request said of being made by no visitor.
    #[serde(default, skip_serializing_if = "RobotSigns::is_none")]
    pub robot: RobotSigns,
    /// What happened, in the order the client told it.
    pub events: Vec<Event>,
}

impl Envelope {
    /// An envelope all of whose events a rule dropped: it tells of nobody, by no address, browser, visitor or session.
    pub fn of_dropped(
        envelope_id: EnvelopeId,
        project_id: ProjectId,
        received_at: OffsetDateTime,
        dropped: Dropped,
    ) -> Self {
        Self {
            envelope_id,
            project_id,
            received_at,
            sent_at: None,
            client: None,
            user_agent: None,
            visitor_id: None,
            session_id: None,
            dropped: Some(dropped),
            robot: RobotSigns::default(),
            events: Vec::new(),
        }
    }

    /// When its event `event` happened: `sent_at`, or else `received_at`, less the event's age; `None` beyond the calendar.
    pub fn created_at(&self, event: &Event) -> Option<OffsetDateTime> {
        let age_ms = i64::try_from(event.age_ms).ok()?;
        self.sent_at.unwrap_or(self.received_at).checked_sub(time::Duration::milliseconds(age_ms))
    }
}

/// A queue message's body in its readable form: a version and the envelopes that share its confirm.
#[derive(Deserialize)]
struct Message {
    v: u16,
    envelopes: Vec<Envelope>,
}

/// Why a message could not be read. Both mean: keep the bytes, in quarantine.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Written by a build newer than this one, or by none of ours.
    #[error("message version {0} is not known to this build, which reads up to {MESSAGE_VERSION}")]
    UnknownVersion(u32),
    /// JSON that is no message of ours, or is cut short.
    #[error("not a message of version {READABLE_VERSION}")]
    Malformed(#[from] serde_json::Error),
    /// Protobuf that is no message of ours, or is cut short.
    #[error("not a message of version {MESSAGE_VERSION}")]
    Garbled(#[source] prost::DecodeError),
    /// It can be read, and holds what no collector writes.
    #[error("it holds {0}")]
    Impossible(&'static str),
    /// Packed, and larger unpacked than a message may be, in bytes.
    #[error("unpacked it would take {0} bytes; a message has at most {MESSAGE_BYTES_MAX}")]
    TooLarge(usize),
    /// Packed, and it can't be unpacked.
    #[error("its packed form is damaged")]
    Damaged(#[from] lz4_flex::block::DecompressError),
}

/// One envelope in its wire form, ready to share a message with others.
#[derive(Debug)]
pub struct EncodedEnvelope(Vec<u8>);

impl EncodedEnvelope {
    /// The wire form of `envelope`.
    ///
    /// # Errors
    /// When an event's data can't be put into JSON, which no value of that type should be.
    pub fn new(envelope: Envelope) -> Result<Self, serde_json::Error> {
        wire::encode(envelope).map(Self)
    }

    /// How many bytes it adds to a message.
    pub fn len_bytes(&self) -> usize {
        self.0.len()
    }
}

/// The bytes of a message that carries `envelopes`, in their order; a large one is packed.
pub fn encode_message<'a>(
    envelopes: impl IntoIterator<Item = &'a EncodedEnvelope, IntoIter: Clone>,
) -> Vec<u8> {
    let envelopes = envelopes.into_iter();
    let size_bytes: usize = envelopes.clone().map(EncodedEnvelope::len_bytes).sum();
    let mut message = Vec::with_capacity(size_bytes + MESSAGE_FRAME_BYTES);
    message.extend_from_slice(&[wire::MARK, MESSAGE_VERSION as u8]);
    for envelope in envelopes {
        message.extend_from_slice(&envelope.0);
    }
    packed::pack(message)
}

/// A message that carries `envelope` alone, in the form that people can read.
///
/// # Errors
/// When a value can't be put into JSON, which no value of these types should be.
pub fn readable_message(envelope: &Envelope) -> Result<Vec<u8>, serde_json::Error> {
    #[derive(Serialize)]
    struct Readable<'a> {
        v: u16,
        envelopes: [&'a Envelope; 1],
    }
    serde_json::to_vec(&Readable { v: READABLE_VERSION, envelopes: [envelope] })
}

/// How many bytes a message takes once it is unpacked; what it says of itself is not believed beyond
/// [`MESSAGE_BYTES_MAX`].
pub fn unpacked_bytes(message: &[u8]) -> usize {
    packed::packed_size(message).unwrap_or(message.len()).min(MESSAGE_BYTES_MAX).max(message.len())
}

/// The envelopes of a message.
///
/// # Errors
/// [`DecodeError`] says why; the message as a whole is then unreadable.
pub fn decode_message(bytes: &[u8]) -> Result<Vec<Envelope>, DecodeError> {
    let bytes = packed::unpack(bytes)?;
    if bytes.first() == Some(&wire::MARK) { wire::decode(&bytes) } else { decode_readable(&bytes) }
}

fn decode_readable(json: &[u8]) -> Result<Vec<Envelope>, DecodeError> {
    /// The one field that every version has.
    #[derive(Deserialize)]
    struct Version {
        v: u16,
    }

    match serde_json::from_slice::<Message>(json) {
        Ok(message) if message.v == READABLE_VERSION => Ok(message.envelopes),
        Ok(message) => Err(DecodeError::UnknownVersion(message.v.into())),
        Err(malformed) => match serde_json::from_slice::<Version>(json) {
            Ok(version) if version.v != READABLE_VERSION => {
                Err(DecodeError::UnknownVersion(version.v.into()))
            }
            _ => Err(DecodeError::Malformed(malformed)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_version_is_named_even_when_its_body_has_another_form() {
        let unknown = decode_message(br#"{"v":2,"parcels":{}}"#);
        assert!(matches!(unknown, Err(DecodeError::UnknownVersion(2))), "{unknown:?}");
    }

    #[test]
    fn bytes_that_are_no_message_are_malformed() {
        for bytes in [&b"{"[..], b"", b"null", b"\xff\xfe", br#"{"v":1}"#, br#"{"v":1,"envelopes":[{}]}"#] {
            assert!(matches!(decode_message(bytes), Err(DecodeError::Malformed(_))));
        }
        for bytes in [&b"\x08"[..], b"\x08\x02\x12", b"\x08\x02\x12\x05ab", b"\x08\x02\x12\x02\x12\x01"] {
            assert!(matches!(decode_message(bytes), Err(DecodeError::Garbled(_))), "{bytes:?}");
        }
        assert!(
            matches!(decode_message(b"\x08\x02\x12\x00"), Err(DecodeError::Impossible(_))),
            "an empty envelope"
        );
    }

    #[test]
    fn a_newer_version_in_protobuf_is_named_too() {
        for newer in [&b"\x08\x03"[..], b"\x08\x03\x10\x07", b"\x08\x03\x1a\x01x"] {
            assert!(matches!(decode_message(newer), Err(DecodeError::UnknownVersion(3))), "{newer:?}");
        }
    }
}
