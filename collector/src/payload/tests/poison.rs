//! The inputs that have made COPYs fail elsewhere (`docs/limits.md`), each by its number there, with what becomes of it.

use super::*;

/// The body, with raw JSON in the place of the question asked.
fn asked(json: &str) -> Result<ValidPayload, RejectReason> {
    parse(serde_json::to_string(&body()).unwrap().replace("\"Open?\"", json).as_bytes(), NOW)
}

fn question(payload: &ValidPayload) -> Value {
    data(payload)["question"].clone()
}

#[test]
fn p01_a_nul_in_a_text_is_replaced() {
    let payload = with("/events/1", json!({"type": "open_chat", "label": "a\0b"})).unwrap();
    let EventKind::Interaction { label, .. } = &payload.events[1].kind else { panic!("no interaction") };
    assert_eq!(label.as_deref(), Some("a\u{fffd}b"));

    let impression = json!({"type": "impression", "url": "https://e.com/\0", "referrer": "\0"});
    let payload = with("/events/0", impression).unwrap();
    let EventKind::Impression { url, referrer } = &payload.events[0].kind else { panic!("no impression") };
    assert_eq!((url.as_str(), referrer.as_deref()), ("https://e.com/\u{fffd}", Some("\u{fffd}")));
    assert_eq!(refusal(with("/project_id", json!("a\0"))).0, "bad_project_id");
}

#[test]
fn p02_a_nul_in_data_is_replaced_in_keys_and_in_values() {
    let payload = asked(r#"{"k\u0000": ["v\u0000", {"\u0000": "\u0000"}]}"#).unwrap();
    assert_eq!(question(&payload), json!({"k\u{fffd}": ["v\u{fffd}", {"\u{fffd}": "\u{fffd}"}]}));
}

#[test]
fn p03_half_a_surrogate_pair_is_no_json() {
    for text in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\ud800""#, r#""\ud800x""#, r#"{"\ud800": 1}"#] {
        assert_eq!(refusal(asked(text)).0, "not_json", "{text}");
    }
    assert_eq!(question(&asked(r#""\ud83d\ude00""#).unwrap()), "😀");
}

#[test]
fn p04_bytes_that_are_no_utf8_are_no_json() {
    let body = serde_json::to_vec(&body()).unwrap();
    let at = body.windows(5).position(|five| five == b"Open?").unwrap();
    for bytes in [&b"\xff"[..], b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"] {
        let broken = [&body[..at], bytes, &body[at..]].concat();
        assert_eq!(refusal(parse(&broken, NOW)).0, "not_json", "{bytes:?}");
    }
}

#[test]
fn p05_a_number_that_fits_no_double_is_no_json() {
    let long = "9".repeat(131_073);
    for text in ["1e999", "-1e999", "1e999999999999", long.as_str()] {
        assert_eq!(refusal(asked(text)).0, "not_json", "{:.20}", text);
    }
    assert_eq!(refusal(asked("1e131000")).0, "not_json");
    assert_eq!(refusal(asked("18446744073709551616")).0, "number_too_large");
    // What has more digits than a double is rounded to one.
    assert_eq!(question(&asked("0.12345678901234567890123").unwrap()), json!(0.123_456_789_012_345_68));
    assert_eq!(question(&asked("1e-999").unwrap()), json!(0.0));
}

#[test]
fn p06_what_is_not_a_number_is_no_json() {
    for text in ["NaN", "Infinity", "-Infinity", "nan", "+1", "01", "1.", ".5", "0x10"] {
        assert_eq!(refusal(asked(text)).0, "not_json", "{text}");
    }
    assert_eq!(question(&asked("-0").unwrap()).to_string(), "-0.0");
}

#[test]
fn p07_a_bomb_of_brackets_is_no_json() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let bomb = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        assert_eq!(refusal(asked(&bomb)).0, "not_json");
        assert_eq!(refusal(parse(bomb.as_bytes(), NOW)).0, "bad_field");
    }
    assert_eq!(refusal(asked(&"[".repeat(100_000))).0, "not_json");
}

#[test]
fn p08_of_equal_keys_in_data_the_last_one_stands_and_of_equal_fields_none() {
    assert_eq!(question(&asked(r#"{"a": 1, "b": 2, "a": 3}"#).unwrap()), json!({"a": 3, "b": 2}));
    // Made equal by the replacement of a NUL.
    assert_eq!(question(&asked(r#"{"a\u0000": 1, "a\ufffd": 2}"#).unwrap()), json!({"a\u{fffd}": 2}));
    let twice = serde_json::to_string(&body()).unwrap().replacen('{', "{\"project_id\":\"other\",", 1);
    assert_eq!(refusal(parse(twice.as_bytes(), NOW)).0, "bad_field");
}

#[test]
fn p09_a_million_keys_are_too_many() {
    let keys: Vec<String> = (0..1_000_000).map(|key| format!("\"{key}\":0")).collect();
    assert_eq!(refusal(asked(&format!("{{{}}}", keys.join(",")))).0, "too_many_keys");
}

#[test]
fn p10_p11_a_text_that_becomes_a_key_of_an_index_is_short_and_counted_in_bytes() {
    // 256 characters of 4 bytes: a limit in characters would let 1,024 bytes pass.
    assert_eq!(refusal(with("/events/1/label", json!("😀".repeat(65)))).0, "text_too_long");
    assert!(with("/events/1/label", json!("😀".repeat(64))).is_ok());
    assert_eq!(refusal(with("/project_id", json!("a".repeat(65)))).0, "bad_project_id");
}

#[test]
fn p13_p18_a_time_is_a_short_while_ago_and_never_negative() {
    for age in [json!(-1), json!(1.5), json!(1e3), json!("1"), json!(u64::MAX), json!(true)] {
        let code = refusal(with("/events/0/age_ms", age.clone())).0;
        assert_eq!(code, if age == json!(u64::MAX) { "event_too_old" } else { "bad_field" }, "{age}");
    }
    let huge =
        serde_json::to_string(&body()).unwrap().replace("\"age_ms\":5", "\"age_ms\":18446744073709551616");
    assert_eq!(refusal(parse(huge.as_bytes(), NOW)).0, "bad_field");
}

#[test]
fn p15_p22_a_kind_of_event_is_one_of_the_known_byte_for_byte() {
    for kind in
        ["", "Impression", "impression ", "ask_question\0", "ASK_QUESTION", "аsk_question", "click-bubble"]
    {
        assert_eq!(
            refusal(with("/events/1/type", json!(kind))),
            ("unknown_type", "events[1].type".to_owned())
        );
    }
}

#[test]
fn p17_a_uuid_in_any_form_is_one_id_and_anything_else_is_none() {
    let id = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
    for form in [
        "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
        "6F9619FF-8B86-4D01-B42D-00CF4FC964FF",
        "6f9619ff8b864d01b42d00cf4fc964ff",
        "{6f9619ff-8b86-4d01-b42d-00cf4fc964ff}",
        "urn:uuid:6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
    ] {
        assert_eq!(with("/visitor_id", json!(form)).unwrap().visitor_id.unwrap().to_string(), id, "{form}");
    }
    for form in [
        "",
        " 6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
        "6f9619ff-8b86-4d01-b42d-00cf4fc964f",
        "6f9619ff-8b86-4d01-b42d-00cf4fc964ffa",
        "6f9619ff-8b86-4d01-b42d00cf4fc964ff",
        "{6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
        "6f9619ff-8b86-4d01-b42d-00cf4fc964fg",
        "6f9619ff-8b86-4d01-b42d-00cf4fc964\0f",
    ] {
        assert_eq!(
            refusal(with("/visitor_id", json!(form))),
            ("bad_uuid", "visitor_id".to_owned()),
            "{form}"
        );
    }
}

#[test]
fn p21_null_is_nothing_and_what_must_be_there_is_missing() {
    assert_eq!(refusal(with("/visitor_id", json!(null))).0, "missing_field");
    assert_eq!(refusal(with("/events", json!(null))).0, "missing_field");
    assert_eq!(refusal(with("/events/0/url", json!(null))).0, "missing_field");
    assert_eq!(refusal(with("/events", json!([null]))).0, "bad_field");
    assert_eq!(data(&with("/events/1/data", json!(null)).unwrap()), json!(null));
}

#[test]
fn p27_control_and_bidi_characters_emoji_and_marks_are_stored_as_they_are() {
    let text = "\u{1}\u{7f}\u{85}\u{202e}\u{2066}\u{feff}\u{fffe}\u{10ffff}😀\r\n\t\\\"'";
    let payload = with("/events/1/data", json!({ text: text })).unwrap();
    assert_eq!(data(&payload), json!({ text: text }));
}

#[test]
fn p27_a_byte_order_mark_before_the_body_is_no_json() {
    let marked = [b"\xef\xbb\xbf", serde_json::to_vec(&body()).unwrap().as_slice()].concat();
    assert_eq!(refusal(parse(&marked, NOW)).0, "not_json");
}

#[test]
fn what_is_no_json_is_told_so() {
    for body in [&b""[..], b"{", b"\xff", b"{\"project_id\":\"a\"} {}", b"'a'", b"{a:1}", b"{} \0"] {
        assert_eq!(refusal(parse(body, NOW)).0, "not_json", "{body:?}");
    }
    for body in ["null", "1", "\"a\"", "true", "[]"] {
        assert_eq!(refusal(parse(body.as_bytes(), NOW)), ("bad_field", "body".to_owned()), "{body}");
    }
}
