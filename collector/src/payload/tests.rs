//! What is taken, what is refused, and what the refusal says.

use serde_json::{Value, json};
use shared::event::{DATA_DEPTH_MAX, EventKind};

use super::*;

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
    parse(&serde_json::to_vec(&body).unwrap())
}

/// Code and field of a refusal.
fn refusal(parsed: Result<ValidPayload, RejectReason>) -> (&'static str, String) {
    match parsed.unwrap_err() {
        RejectReason::BadField { field, code, .. } => (code, field),
        reason @ RejectReason::NotJson { .. } => (reason.code(), String::new()),
    }
}

#[test]
fn a_whole_envelope_is_taken() {
    let payload = parse(&serde_json::to_vec(&body()).unwrap()).unwrap();

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
fn an_envelope_id_may_be_left_to_the_collector() {
    let mut body = body();
    body.as_object_mut().unwrap().remove("envelope_id");
    assert_eq!(parse(&serde_json::to_vec(&body).unwrap()).unwrap().envelope_id, None);
}

#[test]
fn each_missing_field_is_named() {
    for field in ["project_id", "visitor_id", "session_id", "events"] {
        let mut body = body();
        body.as_object_mut().unwrap().remove(field);
        assert_eq!(refusal(parse(&serde_json::to_vec(&body).unwrap())), ("missing_field", field.to_owned()));
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
        ("/events", json!(vec![body()["events"][0].clone(); 101]), "bad_event_count", "events"),
        ("/events/1/type", json!("shout"), "unknown_type", "events[1].type"),
        ("/events/0/url", json!("/prices"), "bad_url", "events[0].url"),
        ("/events/0/url", json!(format!("https://{}", "x".repeat(2_048))), "text_too_long", "events[0].url"),
        ("/events/1/label", json!("x".repeat(257)), "text_too_long", "events[1].label"),
        ("/events/0/age_ms", json!(AGE_MS_MAX + 1), "event_too_old", "events[0].age_ms"),
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
        ("/events/1/data", json!({"n": 1e16}), "number_too_large", "events[1].data"),
        ("/events/1/data", json!({"text": "x".repeat(16_384)}), "data_too_large", "events[1].data"),
    ];
    for (path, value, code, field) in cases {
        assert_eq!(refusal(with(path, value)), (code, field.to_owned()), "{path}");
    }
}

#[test]
fn limits_are_inside() {
    for (path, value) in [
        ("/events", json!(vec![body()["events"][0].clone(); 100])),
        ("/events/0/age_ms", json!(AGE_MS_MAX)),
        ("/events/0/url", json!(format!("https://{}", "x".repeat(2_040)))),
        ("/events/1/label", json!("x".repeat(256))),
        ("/events/1/data", json!({"n": 1e15})),
    ] {
        assert!(with(path, value).is_ok(), "{path}");
    }
}

#[test]
fn data_is_taken_at_its_deepest_and_refused_one_level_below() {
    let nested = |levels: usize| (1..levels).fold(json!({}), |inner, _| json!({ "inner": inner }));
    assert!(with("/events/1/data", nested(DATA_DEPTH_MAX)).is_ok());
    let deeper = with("/events/1/data", nested(DATA_DEPTH_MAX + 1));
    assert_eq!(refusal(deeper), ("data_too_deep", "events[1].data".to_owned()));
}

#[test]
fn a_nul_is_replaced_wherever_it_stands() {
    let payload =
        with("/events/1", json!({"type": "open_chat", "label": "a\0b", "data": {"k\0": ["v\0"]}})).unwrap();

    let EventKind::Interaction { label, data, .. } = &payload.events[1].kind else {
        panic!("no interaction")
    };
    assert_eq!(label.as_deref(), Some("a\u{fffd}b"));
    assert_eq!(json!(data), json!({"k\u{fffd}": ["v\u{fffd}"]}));
}

#[test]
fn what_is_no_json_is_told_so() {
    let deep = format!(r#"{{"events":[{{"data":{{"x":{}{}}}}}]}}"#, "[".repeat(30_000), "]".repeat(30_000));
    let lone_surrogate = br#"{"project_id":"\ud800"}"#;
    for body in [&b""[..], b"{", b"\xff", deep.as_bytes(), lone_surrogate, b"{\"project_id\":\"a\"} {}"] {
        assert_eq!(refusal(parse(body)).0, "not_json", "{:?}", body.get(..40));
    }
    let huge = serde_json::to_string(&body()).unwrap().replace("\"Open?\"", "1e999");
    assert_eq!(refusal(parse(huge.as_bytes())).0, "not_json");
}
