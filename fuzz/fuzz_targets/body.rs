//! Any bytes as a body and as a pixel's query: no panic; what is accepted keeps its limits and survives the queue.

#![no_main]

use collector::payload::{ValidPayload, from_query, parse, scrub};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use shared::envelope::{
    EncodedEnvelope, Envelope, MESSAGE_BYTES_MAX, RobotSigns, decode_message, encode_message,
};
use shared::event::*;
use shared::ids::EnvelopeId;
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00:00.125 UTC);

fuzz_target!(|bytes: &[u8]| {
    match parse(bytes, NOW) {
        Ok(payload) => {
            assert!(payload.visitor_id.is_some() && payload.session_id.is_some());
            check(payload);
        }
        Err(refusal) => assert!(refusal.to_string().len() < 1_000 && !refusal.code().is_empty()),
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        for referer in [None, Some(text)] {
            if let Ok(payload) = from_query(text, referer) {
                assert!(payload.stated.is_none() && payload.events.len() == 1);
                check(payload);
            }
        }
    }
});

fn check(payload: ValidPayload) {
    assert!((1..=EVENTS_PER_ENVELOPE_MAX).contains(&payload.events.len()));
    payload.events.iter().for_each(check_event);
    let sent_at = payload.stated.as_ref().and_then(|stated| stated.sent_at);
    let envelope = Envelope {
        envelope_id: payload.envelope_id.unwrap_or_else(EnvelopeId::mint),
        project_id: payload.project_id,
        received_at: NOW,
        sent_at,
        client: payload.stated.as_ref().and_then(|stated| stated.address),
        user_agent: payload.stated.and_then(|stated| stated.user_agent),
        visitor_id: payload.visitor_id,
        session_id: payload.session_id,
        dropped: None,
        robot: RobotSigns { webdriver: payload.webdriver, ..RobotSigns::default() },
        events: payload.events,
    };
    for event in &envelope.events {
        let age = NOW - envelope.created_at(event).expect("a time within the calendar");
        assert!(age <= time::Duration::days(7) && age >= time::Duration::minutes(-10), "{age}");
    }
    assert!(envelope.user_agent.as_ref().is_none_or(|text| fits(text, USER_AGENT_BYTES_MAX)));
    let encoded = EncodedEnvelope::new(envelope.clone()).expect("it can be encoded");
    assert!(encoded.len_bytes() <= MESSAGE_BYTES_MAX / 2);
    let decoded = decode_message(&encode_message([&encoded])).expect("what was encoded is decoded");
    assert_eq!(decoded, [envelope]);
}

fn check_event(event: &Event) {
    assert!(event.age_ms <= AGE_MS_MAX);
    match &event.kind {
        EventKind::Impression { url, referrer } => {
            for address in [Some(url), referrer.as_ref()].into_iter().flatten() {
                assert!(fits(address, URL_BYTES_MAX) && scrub(address) == address.as_str(), "{address}");
            }
            assert!(url.contains(':') && referrer.as_deref() != Some(""));
        }
        EventKind::Interaction { label, data, .. } => {
            assert!(label.as_ref().is_none_or(|text| fits(text, LABEL_BYTES_MAX)));
            let Some(data) = data else { return };
            let mut keys = 0;
            check_object(data, 1, &mut keys);
            assert!(keys <= DATA_KEYS_MAX);
            assert!(serde_json::to_string(data).expect("data is JSON").len() <= DATA_BYTES_MAX);
        }
    }
}

fn check_object(object: &Map<String, Value>, depth: usize, keys: &mut usize) {
    *keys += object.len();
    assert!(depth <= DATA_DEPTH_MAX && object.keys().all(|key| fits(key, DATA_KEY_BYTES_MAX)));
    object.values().for_each(|value| check_value(value, depth, keys));
}

fn check_value(value: &Value, depth: usize, keys: &mut usize) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => {
            let size = number.as_f64().expect("a double").abs();
            assert!(size == 0.0 || (NUMBER_MIN..=NUMBER_MAX).contains(&size), "{number}");
        }
        Value::String(text) => assert!(fits(text, DATA_TEXT_BYTES_MAX)),
        Value::Array(items) => {
            assert!(depth < DATA_DEPTH_MAX);
            items.iter().for_each(|item| check_value(item, depth + 1, keys));
        }
        Value::Object(inner) => check_object(inner, depth + 1, keys),
    }
}

fn fits(text: &str, limit_bytes: usize) -> bool {
    text.len() <= limit_bytes && !text.contains('\0')
}
