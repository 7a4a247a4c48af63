//! Every limit at its value, and one past it.

use shared::envelope::{EncodedEnvelope, Envelope, MESSAGE_BYTES_MAX, RobotSigns};
use shared::event::{
    AGE_MS_MAX, DATA_BYTES_MAX, DATA_DEPTH_MAX, DATA_KEY_BYTES_MAX, DATA_KEYS_MAX, DATA_TEXT_BYTES_MAX,
    LABEL_BYTES_MAX, URL_BYTES_MAX, USER_AGENT_BYTES_MAX,
};

use super::*;

/// The largest value of a field is taken, the next larger one refused with this code.
fn assert_limit(path: &str, at: Value, past: Value, code: &str) {
    assert!(with(path, at).is_ok(), "{path} at its limit");
    assert_eq!(refusal(with(path, past)).0, code, "{path} past its limit");
}

fn url(length: usize) -> Value {
    json!(format!("https://{}", "x".repeat(length - "https://".len())))
}

fn keys(count: usize) -> Value {
    // One in the outer object, the rest in the inner one: all of them count.
    let inner: serde_json::Map<_, _> = (1..count).map(|key| (key.to_string(), json!(1))).collect();
    json!({ "inner": inner })
}

#[test]
fn an_envelope_holds_a_hundred_events() {
    let event = body()["events"][0].clone();
    assert_limit("/events", json!(vec![event.clone(); 100]), json!(vec![event; 101]), "bad_event_count");
}

#[test]
fn texts_are_bounded_in_bytes() {
    assert_limit("/events/0/url", url(URL_BYTES_MAX), url(URL_BYTES_MAX + 1), "text_too_long");
    assert_limit("/events/0/referrer", url(URL_BYTES_MAX), url(URL_BYTES_MAX + 1), "text_too_long");
    let label = |bytes: usize| json!(format!("é{}", "x".repeat(bytes - 2)));
    assert_limit("/events/1/label", label(LABEL_BYTES_MAX), label(LABEL_BYTES_MAX + 1), "text_too_long");
}

#[test]
fn an_event_is_at_most_seven_days_old() {
    assert_limit("/events/0/age_ms", json!(AGE_MS_MAX), json!(AGE_MS_MAX + 1), "event_too_old");
}

#[test]
fn data_is_bounded_in_keys_in_texts_and_as_a_whole() {
    let path = "/events/1/data";
    assert_limit(path, keys(DATA_KEYS_MAX), keys(DATA_KEYS_MAX + 1), "too_many_keys");
    let key = |bytes: usize| json!({ "k".repeat(bytes): 1 });
    assert_limit(path, key(DATA_KEY_BYTES_MAX), key(DATA_KEY_BYTES_MAX + 1), "key_too_long");
    let text = |bytes: usize| json!({ "t": "x".repeat(bytes) });
    assert_limit(path, text(DATA_TEXT_BYTES_MAX), text(DATA_TEXT_BYTES_MAX + 1), "text_too_long");
    let size = |bytes: usize| {
        let text = |bytes: usize| "x".repeat(bytes);
        json!({"a": [text(4_000), text(4_000), text(4_000), text(4_000), text(bytes - 16_022)]})
    };
    assert_limit(path, size(DATA_BYTES_MAX), size(DATA_BYTES_MAX + 1), "data_too_large");
}

#[test]
fn data_is_counted_as_it_is_stored_not_as_it_came() {
    // Five bytes each in the body, 19 as they are written.
    let numbers = |count: usize| {
        let body = serde_json::to_string(&body()).unwrap();
        parse(body.replace("\"Open?\"", &format!("[{}]", vec!["1e15"; count].join(","))).as_bytes(), NOW)
    };
    assert!(numbers(860).is_ok());
    assert_eq!(refusal(numbers(862)).0, "data_too_large");
    // A NUL is escaped in six bytes; what stands for it has three.
    let text = "\0".repeat(DATA_TEXT_BYTES_MAX / 3);
    assert_limit("/events/1/data", json!({"t": text}), json!({"t": format!("{text}\0")}), "text_too_long");
    assert_limit(
        "/events/1/data",
        json!({"k\0".repeat(16): 1}),
        json!({"k\0".repeat(17): 1}),
        "key_too_long",
    );
}

#[test]
fn data_is_taken_at_its_deepest_and_refused_one_level_below() {
    let objects = |levels: usize| (1..levels).fold(json!({}), |inner, _| json!({ "inner": inner }));
    assert_limit("/events/1/data", objects(DATA_DEPTH_MAX), objects(DATA_DEPTH_MAX + 1), "data_too_deep");
    let arrays = |levels: usize| json!({"a": (2..levels).fold(json!([]), |inner, _| json!([inner]))});
    assert_limit("/events/1/data", arrays(DATA_DEPTH_MAX), arrays(DATA_DEPTH_MAX + 1), "data_too_deep");
}

#[test]
fn numbers_are_neither_too_far_from_zero_nor_too_close_to_it() {
    let number = |text: &str| {
        let body = serde_json::to_string(&body()).unwrap().replace("\"Open?\"", text);
        parse(body.as_bytes(), NOW)
    };
    for text in [
        "0",
        "-0",
        "0.0",
        "1e15",
        "-1e15",
        "1000000000000000",
        "-1000000000000000",
        "1e-30",
        "-1e-30",
        "0e999",
    ] {
        assert!(number(text).is_ok(), "{text}");
    }
    for text in
        ["1.0000000000000002e15", "1000000000000001", "-1000000000000001", "18446744073709551615", "1e308"]
    {
        assert_eq!(refusal(number(text)), ("number_too_large", "events[1].data".to_owned()), "{text}");
    }
    for text in ["9.9e-31", "-9.9e-31", "5e-324"] {
        assert_eq!(refusal(number(text)), ("number_too_small", "events[1].data".to_owned()), "{text}");
    }
}

#[test]
fn a_user_agent_is_cut_between_two_characters() {
    assert_eq!(user_agent(&"é".repeat(300)).unwrap().len(), USER_AGENT_BYTES_MAX);
    assert_eq!(user_agent(&format!("x{}", "é".repeat(300))).unwrap().len(), USER_AGENT_BYTES_MAX - 1);
    assert_eq!(user_agent("a\0b").as_deref(), Some("a\u{fffd}b"));
    assert_eq!(user_agent(""), None);
}

#[test]
fn p25_the_largest_body_stays_far_below_the_largest_message() {
    // No input grows more: five bytes in the body, 19 as they are written.
    let numbers = vec!["1e15"; 800].join(",");
    let event = format!(r#"{{"type":"open_chat","data":{{"n":[{numbers}]}}}}"#);
    let id = Uuid::nil();
    let body = format!(
        r#"{{"project_id":"a","visitor_id":"{id}","session_id":"{id}","events":[{}]}}"#,
        vec![event; 16].join(",")
    );
    assert!((60_000..=65_536).contains(&body.len()), "{} bytes", body.len());
    let payload = parse(body.as_bytes(), NOW).unwrap();
    let envelope = Envelope {
        envelope_id: EnvelopeId::mint(),
        project_id: payload.project_id,
        received_at: NOW,
        sent_at: None,
        client: None,
        user_agent: None,
        visitor_id: payload.visitor_id,
        session_id: payload.session_id,
        dropped: None,
        robot: RobotSigns::default(),
        events: payload.events,
    };

    let size_bytes = EncodedEnvelope::new(envelope).unwrap().len_bytes();
    assert!((200_000..MESSAGE_BYTES_MAX / 2).contains(&size_bytes), "{size_bytes} bytes");
}
