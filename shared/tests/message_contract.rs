//! The queue message's wire form: pinned, and read back for ever once released.

#![allow(clippy::unwrap_used, reason = "test code")]

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::envelope::{
    DropReason, Dropped, EncodedEnvelope, Envelope, RobotSigns, decode_message, encode_message,
    readable_message,
};
use shared::event::{Event, EventKind, InteractionType};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

fn envelope(received_at: OffsetDateTime, events: Vec<Event>) -> Envelope {
    Envelope {
        envelope_id: "01938d5e-7c00-7000-8000-000000000001".parse::<Uuid>().unwrap().try_into().unwrap(),
        project_id: "booking-bot".parse().unwrap(),
        received_at,
        sent_at: None,
        client: Some("203.0.113.77".parse::<std::net::IpAddr>().unwrap().into()),
        user_agent: Some("Mozilla/5.0".to_owned()),
        visitor_id: Some(Uuid::from_u128(1)),
        session_id: Some(Uuid::from_u128(2)),
        dropped: None,
        robot: RobotSigns::default(),
        events,
    }
}

fn message(envelopes: &[Envelope]) -> Vec<u8> {
    let encoded: Vec<EncodedEnvelope> =
        envelopes.iter().map(|envelope| EncodedEnvelope::new(envelope.clone()).unwrap()).collect();
    encode_message(&encoded)
}

/// The envelopes as quarantine keeps them, in one message.
fn readable(envelopes: &[Envelope]) -> Value {
    let alone = envelopes.iter().map(|envelope| {
        let message: Value = serde_json::from_slice(&readable_message(envelope).unwrap()).unwrap();
        message["envelopes"][0].clone()
    });
    json!({ "v": 1, "envelopes": alone.collect::<Vec<_>>() })
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
fn a_message_for_people_is_written_in_the_form_of_version_1() {
    assert_eq!(readable(&[version_1()]), serde_json::from_str::<Value>(VERSION_1).unwrap());
}

#[test]
fn a_message_of_version_1_is_read() {
    assert_eq!(decode_message(VERSION_1.as_bytes()).unwrap(), [version_1()]);
}

/// What version 1 learnt later: envelopes that tell of nobody, and a time that their sender states.
const VERSION_1_ADDITIONS: &str = include_str!("fixtures/message_v1_dropped_and_stated.json");

fn version_1_additions() -> [Envelope; 2] {
    let id = |text: &str| text.parse::<Uuid>().unwrap().try_into().unwrap();
    let dropped = Dropped { reason: DropReason::Gpc, events: 3 };
    let (project_id, received_at) = ("booking-bot".parse().unwrap(), datetime!(2026-11-23 12:00:00.125 UTC));
    let dropped =
        Envelope::of_dropped(id("01938d5e-7c00-7000-8000-000000000002"), project_id, received_at, dropped);
    let mut event = impression();
    event.age_ms = 250;
    let stated = Envelope {
        envelope_id: id("01938d5e-7c00-7000-8000-000000000003"),
        sent_at: Some(datetime!(2026-11-22 12:00:00.750 UTC)),
        dropped: None,
        robot: RobotSigns::default(),
        events: vec![event],
        ..dropped.clone()
    };
    [dropped, stated]
}

#[test]
fn dropped_and_stated_envelopes_are_written_in_the_form_of_version_1() {
    assert_eq!(readable(&version_1_additions()), serde_json::from_str::<Value>(VERSION_1_ADDITIONS).unwrap());
}

#[test]
fn dropped_and_stated_envelopes_of_version_1_are_read() {
    assert_eq!(decode_message(VERSION_1_ADDITIONS.as_bytes()).unwrap(), version_1_additions());
}

/// And later still: what a request said of being made by no visitor.
const VERSION_1_ROBOTS: &str = include_str!("fixtures/message_v1_robots.json");

fn version_1_robots() -> [Envelope; 2] {
    let driven = Envelope {
        robot: RobotSigns { prefetch: true, webdriver: true, no_user_agent: false },
        ..envelope(datetime!(2026-11-23 12:00:00.125 UTC), vec![impression()])
    };
    let nameless = Envelope {
        robot: RobotSigns { no_user_agent: true, ..RobotSigns::default() },
        user_agent: None,
        ..driven.clone()
    };
    [driven, nameless]
}

#[test]
fn signs_of_robots_are_written_in_the_form_of_version_1_and_read() {
    assert_eq!(readable(&version_1_robots()), serde_json::from_str::<Value>(VERSION_1_ROBOTS).unwrap());
    assert_eq!(decode_message(VERSION_1_ROBOTS.as_bytes()).unwrap(), version_1_robots());
}

/// A message of each kind of envelope as version 2 was released, in hexadecimal digits; it must be read for ever.
const VERSION_2: &str = include_str!("fixtures/message_v2.hex");

/// Of what version 1 could say, everything; and an address of the sixth version.
fn version_2() -> Vec<Envelope> {
    let abroad = Envelope {
        client: Some("2001:db8:1234:5678::9".parse::<std::net::IpAddr>().unwrap().into()),
        ..envelope(datetime!(1969-12-31 23:59:59.875 UTC), Vec::new())
    };
    [&[version_1()][..], &version_1_additions(), &version_1_robots(), &[abroad]].concat()
}

#[test]
fn a_message_is_written_in_the_form_of_version_2() {
    let written: String = message(&version_2()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(written, VERSION_2.replace('\n', ""));
}

#[test]
fn a_message_of_version_2_is_read() {
    let digits = VERSION_2.replace('\n', "");
    let bytes: Vec<u8> = (0..digits.len())
        .step_by(2)
        .map(|place| u8::from_str_radix(&digits[place..place + 2], 16).unwrap())
        .collect();
    assert_eq!(decode_message(&bytes).unwrap(), version_2());
}

#[test]
fn a_field_of_version_2_that_is_not_known_is_left_out() {
    let mut newer = message(&[version_1()]);
    // Field 15 of the envelope, "ab"; the envelope is four bytes longer by it, and so is its length, which has two bytes.
    newer.extend_from_slice(b"\x7a\x02ab");
    newer[3] += 4;
    // And field 3 of the message, the number 7.
    newer.extend_from_slice(b"\x18\x07");
    assert_eq!(decode_message(&newer).unwrap(), [version_1()]);
}

/// How writers before this one, and collectors after it, get on with each other's messages.
#[test]
fn a_field_that_is_not_known_is_left_out() {
    let newer = VERSION_1_ROBOTS.replace("\"prefetch\"", "\"hovering\": 1, \"prefetch\"");
    let newer = newer.replace("\"robot\"", "\"weather\": {}, \"robot\"");
    assert_eq!(decode_message(newer.as_bytes()).unwrap(), version_1_robots());
}

#[test]
fn an_event_happened_before_it_was_sent_or_else_before_it_was_received() {
    let [_, mut stated] = version_1_additions();
    let event = stated.events[0].clone();
    assert_eq!(stated.created_at(&event), Some(datetime!(2026-11-22 12:00:00.500 UTC)));
    stated.sent_at = None;
    assert_eq!(stated.created_at(&event), Some(datetime!(2026-11-23 11:59:59.875 UTC)));
}

#[test]
fn a_reason_has_one_name_in_messages_and_in_code() {
    for reason in DropReason::ALL {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
    }
}

#[test]
fn more_drops_than_can_be_counted_make_a_message_unreadable() {
    let read = |events: &str| {
        decode_message(VERSION_1_ADDITIONS.replace("\"events\": 3", events).as_bytes()).is_ok()
    };
    assert!(read("\"events\": 65535"));
    assert!(!read("\"events\": 65536"));
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(ms in 0_i64..4_102_444_800_000, age_ms: u64, url in ".*", label in ".*") {
        let received_at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).unwrap();
        let data = json!({"url": url, "n": [1.5, null]}).as_object().cloned();
        let interaction = InteractionType::ALL[usize::try_from(age_ms % 6).unwrap()];
        let one = envelope(received_at, vec![
            Event { age_ms, kind: EventKind::Impression { url: url.clone(), referrer: Some(url) } },
            Event { age_ms, kind: EventKind::Interaction { interaction, label: Some(label), data } },
        ]);
        let sent = vec![one.clone(), one];

        prop_assert_eq!(decode_message(&message(&sent)).unwrap(), sent);
    }
}
