//! Hostile requests, in classes: each must bring forth some that are accepted and some that are refused.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use shared::event::InteractionType;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::raw::{mutated, raw_json};
use crate::values::{age_ms, object, text, url, uuid, value};

/// One request as it reaches the parser.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    /// A body of `POST /v1/events`.
    Body(Vec<u8>),
    /// A query of `GET /v1/pixel.gif`, and what the browser says beside it.
    Pixel { query: String, referer: Option<String> },
}

/// How a request was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// JSON in the right form with hostile values.
    Values,
    /// The same, with what only a key may state.
    Stated,
    /// JSON text that no serialiser would write.
    RawJson,
    /// A good body with some of its bytes changed.
    Mutated,
    /// A pixel.
    Pixel,
}

impl Class {
    /// Every class; each is as frequent as the others.
    pub(crate) const ALL: [Self; 5] = [Self::Values, Self::Stated, Self::RawJson, Self::Mutated, Self::Pixel];
}

/// A request of any class, received at `now`.
pub(crate) fn request(now: OffsetDateTime) -> impl Strategy<Value = (Class, Request)> {
    let of = |class| move |body: Vec<u8>| (class, Request::Body(body));
    prop_oneof![
        body().prop_map(|body| serde_json::to_vec(&body).unwrap()).prop_map(of(Class::Values)),
        stated(now).prop_map(of(Class::Stated)),
        raw_json().prop_map(of(Class::RawJson)),
        mutated().prop_map(of(Class::Mutated)),
        pixel().prop_map(|request| (Class::Pixel, request)),
    ]
}

fn event() -> impl Strategy<Value = Value> {
    let impression = (url(), url(), age_ms()).prop_map(
        |(url, referrer, age_ms)| json!({"type": "impression", "url": url, "referrer": referrer, "age_ms": age_ms}),
    );
    let kind = select(InteractionType::ALL.to_vec());
    let interaction = (kind, text(), object(value()), age_ms()).prop_map(
        |(kind, label, data, age_ms)| json!({"type": kind, "label": label, "data": data, "age_ms": age_ms}),
    );
    prop_oneof![impression, interaction]
}

fn project() -> impl Strategy<Value = String> {
    prop_oneof![30 => Just("alpha".to_owned()), 1 => text().prop_filter("another project", |text| text.contains('\0'))]
}

fn body() -> impl Strategy<Value = Value> {
    (project(), uuid(), uuid(), prop::collection::vec(event(), 1..3)).prop_map(|(project, visitor, session, events)| {
        json!({"project_id": project, "visitor_id": visitor, "session_id": session, "events": events})
    })
}

fn stated(now: OffsetDateTime) -> impl Strategy<Value = Vec<u8>> {
    let address = select(vec![
        "203.0.113.77",
        "2001:db8::7",
        "::ffff:203.0.113.77",
        "0.0.0.0",
        "fe80::1%eth0",
        "1.2.3.4:5",
    ]);
    let week_ms = 7 * 24 * 60 * 60 * 1_000_i64;
    let sent_ms =
        prop_oneof![8 => -week_ms..600_000, 1 => select(vec![-week_ms - 1, -week_ms, 600_000, 600_001])];
    let sent_at = sent_ms.prop_map(move |ms| (now + Duration::milliseconds(ms)).format(&Rfc3339).unwrap());
    let odd = select(vec![
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "infinity",
        "300000-01-01T00:00:00Z",
    ]);
    let sent_at = prop_oneof![15 => sent_at, 1 => odd.prop_map(str::to_owned)];
    (url(), 0..1_000_u64, address, sent_at, text()).prop_map(|(url, age_ms, address, sent_at, user_agent)| {
        let id = uuid::Uuid::nil();
        let events = json!([{"type": "impression", "url": format!("https://{url}"), "age_ms": age_ms}]);
        let body = json!({
            "project_id": "alpha", "visitor_id": id, "session_id": id, "events": events,
            "client_address": address, "sent_at": sent_at, "user_agent": user_agent
        });
        serde_json::to_vec(&body).unwrap()
    })
}

fn pixel() -> impl Strategy<Value = Request> {
    let name =
        select(vec!["url", "referrer", "visitor_id", "session_id", "envelope_id", "client_address", "x"]);
    let extra = (name, prop_oneof![url(), uuid()], any::<bool>());
    let referer = prop::option::of(url());
    (url(), prop::collection::vec(extra, 0..3), referer, any::<bool>()).prop_map(
        |(url, extras, referer, named)| {
            let mut query = "project_id=alpha".to_owned();
            if named {
                query += &format!("&url={}", escaped(&url));
            }
            for (name, value, is_escaped) in extras {
                query += &format!("&{name}={}", if is_escaped { escaped(&value) } else { value });
            }
            Request::Pixel { query, referer }
        },
    )
}

/// Every byte escaped, as `encodeURIComponent` would some.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}
