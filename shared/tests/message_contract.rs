//! The queue message's wire form: pinned, and read back for ever once released.

#![allow(clippy::unwrap_used, reason = "test code")]

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::envelope::{EncodedEnvelope, Envelope, decode_message, encode_message};
use shared::event::{Event, EventKind, InteractionType};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

fn envelope(received_at: OffsetDateTime, events: Vec<Event>) -> Envelope {
    Envelope {
        envelope_id: "01938d5e-7c00-7000-8000-000000000001".parse::<Uuid>().unwrap().try_into().unwrap(),
        project_id: "booking-bot".parse().unwrap(),
        received_at,
        client: Some("203.0.113.77".parse::<std::net::IpAddr>().unwrap().into()),
        user_agent: Some("Mozilla/5.0".to_owned()),
        visitor_id: Uuid::from_u128(1),
        session_id: Uuid::from_u128(2),
        events,
    }
}

fn message(envelopes: &[Envelope]) -> Vec<u8> {
    let encoded: Vec<EncodedEnvelope> =
        envelopes.iter().map(|envelope| EncodedEnvelope::new(envelope).unwrap()).collect();
    encode_message(&encoded)
}

fn impression() -> Event {
    Event {
        age_ms: 0,
        kind: EventKind::Impression { url: "https://example.com/".to_owned(), referrer: None },
    }
}

fn question() -> Event {
    let data = json!({"question": "Are you open on Sunday?"}).as_object().cloned();
    let label = Some("Suggestions".to_owned());
    Event {
        age_ms: 1_200,
        kind: EventKind::Interaction { interaction: InteractionType::AskQuestion, label, data },
    }
}

/// A message as version 1 was released; it must be read for ever.
const VERSION_1: &str = include_str!("fixtures/message_v1.json");

fn version_1() -> Envelope {
    envelope(datetime!(2026-11-23 12:00:00.125 UTC), vec![impression(), question()])
}

#[test]
fn a_message_is_written_in_the_form_of_version_1() {
    let written: Value = serde_json::from_slice(&message(&[version_1()])).unwrap();

    assert_eq!(written, serde_json::from_str::<Value>(VERSION_1).unwrap());
}

#[test]
fn a_message_of_version_1_is_read() {
    assert_eq!(decode_message(VERSION_1.as_bytes()).unwrap(), [version_1()]);
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(ms in 0_i64..4_102_444_800_000, age_ms: u64, url in ".*", label in ".*") {
        let received_at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).unwrap();
        let interaction = InteractionType::ALL[usize::try_from(age_ms % 6).unwrap()];
        let one = envelope(received_at, vec![
            Event { age_ms, kind: EventKind::Impression { url: url.clone(), referrer: Some(url) } },
            Event { age_ms, kind: EventKind::Interaction { interaction, label: Some(label), data: None } },
        ]);
        let sent = vec![one.clone(), one];

        prop_assert_eq!(decode_message(&message(&sent)).unwrap(), sent);
    }
}
