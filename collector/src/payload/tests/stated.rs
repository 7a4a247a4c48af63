//! What only a sender with a project's secret key may state.

use shared::event::AGE_MS_MAX;
use time::Duration;
use time::format_description::well_known::Rfc3339;

use super::*;

fn stating(field: &str, value: Value) -> Result<ValidPayload, RejectReason> {
    let mut body = body();
    body[field] = value;
    parsed(&body)
}

fn stated(field: &str, value: Value) -> Stated {
    stating(field, value).unwrap().stated.unwrap()
}

/// A moment so many milliseconds after [`NOW`].
fn after_ms(ms: i64) -> Value {
    json!((NOW + Duration::milliseconds(ms)).format(&Rfc3339).unwrap())
}

fn ms(ms: u64) -> i64 {
    i64::try_from(ms).unwrap()
}

#[test]
fn where_nothing_is_stated_there_is_nothing_to_vouch_for() {
    let payload = stating("client_address", json!(null)).unwrap();
    assert_eq!(payload.stated, None);
    assert!(payload.without_key().is_ok());
}

#[test]
fn whatever_is_stated_needs_a_key_even_if_it_is_empty() {
    for (field, value) in [
        ("client_address", json!("203.0.113.77")),
        ("user_agent", json!("App/1")),
        ("user_agent", json!("")),
        ("sent_at", after_ms(0)),
    ] {
        let refused = stating(field, value).unwrap().without_key();
        assert_eq!(refusal(refused), ("key_required", field.to_owned()));
    }
}

#[test]
fn an_address_is_truncated_as_it_is_read() {
    for (text, network) in [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2::7", "2001:db8:1::"),
        ("2001:DB8:1:2::7", "2001:db8:1::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
    ] {
        assert_eq!(stated("client_address", json!(text)).address.unwrap().to_string(), network);
    }
}

#[test]
fn p17_what_is_no_address_by_itself_is_refused() {
    for text in [
        "",
        "203.0.113",
        "203.0.113.077",
        "203.0.113.77:80",
        "203.0.113.0/24",
        "[2001:db8::7]",
        "fe80::1%eth0",
        " 203.0.113.77",
        "203.0.113.77\0",
        "3405803853",
        "localhost",
    ] {
        let refused = stating("client_address", json!(text));
        assert_eq!(refusal(refused), ("bad_address", "client_address".to_owned()), "{text}");
    }
}

#[test]
fn a_time_is_read_in_any_offset_and_cut_to_the_millisecond() {
    for text in ["2026-11-23T11:00:00.1234567Z", "2026-11-23T13:00:00.1239+02:00", "2026-11-23t11:00:00.123z"]
    {
        let sent_at = stated("sent_at", json!(text)).sent_at.unwrap();
        assert_eq!(sent_at, datetime!(2026-11-23 11:00:00.123 UTC), "{text}");
    }
}

#[test]
fn p13_what_is_no_time_is_refused() {
    for text in [
        "",
        "now",
        "1795435200",
        "2026-11-23",
        "2026-11-23 12:00",
        "2026-02-30T00:00:00Z",
        "infinity",
        "300000-01-01T00:00:00Z",
        "+300000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "2026-11-23T12:00:00",
    ] {
        assert_eq!(refusal(stating("sent_at", json!(text))), ("bad_time", "sent_at".to_owned()), "{text}");
    }
    for text in [
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "0000-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
    ] {
        assert_eq!(refusal(stating("sent_at", json!(text))).0, "bad_time", "{text}");
    }
}

#[test]
fn p13_a_time_is_at_most_ten_minutes_ahead_and_seven_days_back() {
    let young = |at: Value| {
        let mut body = body();
        body["sent_at"] = at;
        body["events"][0]["age_ms"] = json!(0);
        parsed(&body)
    };
    assert!(young(after_ms(ms(SENT_AHEAD_MS_MAX))).is_ok());
    assert_eq!(refusal(young(after_ms(ms(SENT_AHEAD_MS_MAX) + 1))).0, "bad_time");
    assert!(young(after_ms(-ms(AGE_MS_MAX))).is_ok());
    assert_eq!(refusal(young(after_ms(-ms(AGE_MS_MAX) - 1))).0, "bad_time");
}

#[test]
fn an_event_of_an_envelope_sent_long_ago_is_not_older_than_seven_days_either() {
    // The first event is 5 ms old when it is sent.
    assert!(stating("sent_at", after_ms(5 - ms(AGE_MS_MAX))).is_ok());
    let refused = stating("sent_at", after_ms(4 - ms(AGE_MS_MAX)));
    assert_eq!(refusal(refused), ("event_too_old", "events[0].age_ms".to_owned()));
}

#[test]
fn a_clock_that_is_ahead_makes_no_event_younger() {
    let mut body = body();
    body["sent_at"] = after_ms(60_000);
    body["events"][0]["age_ms"] = json!(AGE_MS_MAX);
    assert!(parsed(&body).is_ok());
    body["events"][0]["age_ms"] = json!(AGE_MS_MAX + 1);
    assert_eq!(refusal(parsed(&body)).0, "event_too_old");
}

#[test]
fn a_stated_user_agent_is_cleaned_and_cut() {
    assert_eq!(stated("user_agent", json!("App\0/1")).user_agent.as_deref(), Some("App\u{fffd}/1"));
    assert_eq!(stated("user_agent", json!("x".repeat(600))).user_agent.unwrap().len(), 512);
    assert_eq!(stated("user_agent", json!("")).user_agent, None);
}
