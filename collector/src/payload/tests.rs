//! What is taken, what is refused, and what the refusal says.

mod limits;
mod pixel;
mod poison;
mod stated;

use serde_json::{Value, json};
use shared::event::{EventKind, InteractionType};
use time::OffsetDateTime;
use time::macros::datetime;

use super::*;

/// When the bodies of these tests are received.
const NOW: OffsetDateTime = datetime!(2026-11-23 12:00:00.125 UTC);

fn body() -> Value {
    json!({
        "envelope_id": "01938d5e-7c00-7000-8000-000000000001",
        "project_id": "booking-bot",
        "visitor_id": "00000000-0000-4000-8000-000000000001",
        "session_id": "00000000-0000-4000-8000-000000000002",
        "events": [
            {"type": "impression", "url": "https://example.com/", "referrer": "", "age_ms": 5},
            {"type": "ask_question", "label": "Suggestions", "data": {"question": "Open?"}}
        ]
    })
}

fn with(path: &str, value: Value) -> Result<ValidPayload, RejectReason> {
    let mut body = body();
    *body.pointer_mut(path).unwrap() = value;
    parsed(&body)
}

fn parsed(body: &Value) -> Result<ValidPayload, RejectReason> {
    parse(&serde_json::to_vec(body).unwrap(), NOW)
}

/// The data of the envelope's second event.
fn data(payload: &ValidPayload) -> Value {
    match &payload.events[1].kind {
        EventKind::Interaction { data, .. } => json!(data),
        EventKind::Impression { .. } => panic!("no interaction"),
    }
}

/// Code and field of a refusal.
fn refusal(parsed: Result<ValidPayload, RejectReason>) -> (&'static str, String) {
    match parsed.unwrap_err() {
        RejectReason::BadField { field, mistake, .. } => (mistake.as_str(), field),
        reason @ RejectReason::NotJson { .. } => (reason.code(), String::new()),
    }
}

#[test]
fn a_whole_envelope_is_taken() {
    let payload = parsed(&body()).unwrap();

    assert_eq!(payload.project_id.as_str(), "booking-bot");
    assert_eq!(payload.events[0].age_ms, 5);
    let EventKind::Impression { url, referrer } = &payload.events[0].kind else {
        panic!("not an impression")
    };
    assert_eq!((url.as_str(), referrer), ("https://example.com/", &None));
    let EventKind::Interaction { interaction, data, .. } = &payload.events[1].kind else {
        panic!("no interaction")
    };
    assert_eq!(*interaction, InteractionType::AskQuestion);
    assert_eq!(data.as_ref().unwrap()["question"], "Open?");
}

#[test]
fn a_page_may_tell_that_a_program_drives_its_browser() {
    let told = |value: Value| {
        let mut body = body();
        body["webdriver"] = value;
        parsed(&body)
    };
    for (value, is_driven) in [(json!(true), true), (json!(false), false), (json!(null), false)] {
        let payload = told(value).unwrap();
        assert_eq!(payload.webdriver, is_driven);
        assert!(payload.without_key().is_ok(), "a page has no key");
    }
    assert!(!parsed(&body()).unwrap().webdriver);
    for value in [json!("true"), json!(1), json!({})] {
        assert_eq!(refusal(told(value)), ("bad_field", "webdriver".to_owned()));
    }
}

#[test]
fn an_envelope_id_may_be_left_to_the_collector() {
    let mut body = body();
    body.as_object_mut().unwrap().remove("envelope_id");
    assert_eq!(parsed(&body).unwrap().envelope_id, None);
}

#[test]
fn each_missing_field_is_named() {
    for field in ["project_id", "visitor_id", "session_id", "events"] {
        let mut body = body();
        body.as_object_mut().unwrap().remove(field);
        assert_eq!(refusal(parsed(&body)), ("missing_field", field.to_owned()));
    }
    let untyped = with("/events/1", json!({"label": "x"}));
    assert_eq!(refusal(untyped), ("missing_field", "events[1].type".to_owned()));
    let nowhere = with("/events/0", json!({"type": "impression"}));
    assert_eq!(refusal(nowhere), ("missing_field", "events[0].url".to_owned()));
}

#[test]
fn a_field_that_is_not_as_it_should_be_is_named_with_its_path() {
    let cases = [
        ("/envelope_id", json!("00000000-0000-4000-8000-000000000001"), "bad_envelope_id", "envelope_id"),
        ("/envelope_id", json!("x"), "bad_uuid", "envelope_id"),
        ("/project_id", json!("Booking Bot"), "bad_project_id", "project_id"),
        ("/visitor_id", json!("me"), "bad_uuid", "visitor_id"),
        ("/session_id", json!(7), "bad_field", "session_id"),
        ("/events", json!([]), "bad_event_count", "events"),
        ("/events/1/type", json!("shout"), "unknown_type", "events[1].type"),
        ("/events/0/url", json!("/prices"), "bad_url", "events[0].url"),
        ("/events/0/age_ms", json!(-1), "bad_field", "events[0].age_ms"),
        (
            "/events/0",
            json!({"type": "impression", "url": "https://e.com", "label": "x"}),
            "field_of_other_type",
            "events[0].label",
        ),
        (
            "/events/1",
            json!({"type": "open_chat", "url": "https://e.com"}),
            "field_of_other_type",
            "events[1].url",
        ),
        ("/events/1", json!({"type": "open_chat", "labell": "x"}), "bad_field", "events[1].labell"),
        ("/events/1/data", json!([1]), "bad_field", "events[1].data"),
    ];
    for (path, value, code, field) in cases {
        assert_eq!(refusal(with(path, value)), (code, field.to_owned()), "{path}");
    }
}

#[test]
fn secrets_in_addresses_are_gone_once_it_is_parsed() {
    let event = json!({"type": "impression", "url": "https://bob:pw@e.com/?token=x1", "referrer": "https://e.com/#x"});
    let EventKind::Impression { url, referrer } = with("/events/0", event).unwrap().events.remove(0).kind
    else {
        panic!("not an impression")
    };
    assert_eq!(
        (url.as_str(), referrer.as_deref()),
        ("https://e.com/?token=redacted", Some("https://e.com/"))
    );

    let event = json!({"type": "impression", "url": "data:text/html,x", "referrer": "#only-a-fragment"});
    let EventKind::Impression { url, referrer } = with("/events/0", event).unwrap().events.remove(0).kind
    else {
        panic!("not an impression")
    };
    assert_eq!((url.as_str(), referrer), ("data:", None));
}

#[test]
fn a_refusal_repeats_no_value() {
    let secret = "203.0.113.77";
    for (field, value) in [
        ("client_address", json!(format!("{secret}/32"))),
        ("client_address", json!({ secret: secret })),
        ("visitor_id", json!(secret)),
        ("project_id", json!([secret])),
        ("events", json!([{"type": "open_chat", "age_ms": secret}])),
        ("events", json!([{"type": secret}])),
        (
            "events",
            json!([{"type": "open_chat", "label": format!("{secret}, expected {secret}").repeat(50)}]),
        ),
        ("events", json!([{"type": "impression", "url": secret}])),
    ] {
        let mut body = body();
        body[field] = value;
        let refusal = parsed(&body).unwrap_err().to_string();
        assert!(!refusal.contains(secret), "{refusal}");
    }
}

#[test]
fn a_refusal_stays_short_whatever_it_is_about() {
    let mut body = body();
    body["events"][1]["x".repeat(60_000)] = json!(1);
    assert!(parsed(&body).unwrap_err().to_string().len() < 300);
}

#[test]
fn every_mistake_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<&str> =
        Mistake::ALL.iter().map(|mistake| mistake.as_str()).collect();
    assert_eq!(names.len(), Mistake::ALL.len());
}
