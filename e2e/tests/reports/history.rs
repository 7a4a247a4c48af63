//! Events made up at random, around a few days of the last months: stored in batches, some of them folded, some packed.

use fastrand::Rng;
use serde_json::{Map, Value, json};
use shared::clock;
use shared::event::{Event, EventKind, InteractionType};
use shared::queue::Delivery;
use testkit::envelopes::{envelope, message};
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;
use writer::batch::Batch;
use writer::enrich::geo::{Geo, Place};
use writer::enrich::{Enricher, PreparedBatch};

use crate::world::World;

/// How far back a history goes, in days: in any time of the year clocks changed somewhere.
const DAYS_BACK_MAX: i64 = 200;
/// Browsers; their text tells the recount what they are.
pub(crate) const BROWSERS: [Option<&str>; 3] = [
    Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    Some(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    ),
    Some("something of my own"),
];
pub(crate) const URLS: [&str; 4] = [
    "https://example.com/",
    "https://example.com/a?b#c",
    "https://example.com/a#?",
    "http://other.example/ä b",
];
pub(crate) const REFERRERS: [Option<&str>; 4] = [
    None,
    Some("https://www.Google.com/search?q=a"),
    Some("http://news.example:8080/x"),
    Some("https://t.co"),
];
pub(crate) const LABELS: [Option<&str>; 4] = [None, Some("Booking Button"), Some("=1+1"), Some("ä\"\\")];
pub(crate) const QUESTIONS: [Option<&str>; 4] =
    [None, Some("Open on Sunday?"), Some("  Open on Sunday? "), Some("האם אתם פתוחים?")];
pub(crate) const COUNTRIES: [&str; 3] = ["", "IL", "US"];
pub(crate) const CITIES: [&str; 3] = ["", "Haifa", "Boston"];

/// Stores some batches; answers the days around which their events lie.
pub(crate) async fn make(world: &mut World, random: &mut Rng) -> Vec<Date> {
    let now = clock::now();
    let days: Vec<OffsetDateTime> = (0..random.usize(1..4))
        .map(|_| now - Duration::days(if random.bool() { 0 } else { random.i64(0..DAYS_BACK_MAX) }))
        .collect();
    for _ in 0..random.usize(1..5) {
        let batch = batch(random, now, &days);
        world.store(batch).await;
        match random.u8(..4) {
            0 => world.fold().await,
            1 => world.pack().await,
            2 => {
                world.fold().await;
                world.pack().await;
            }
            _ => {}
        }
    }
    days.iter().map(|day| day.date()).collect()
}

fn batch(random: &mut Rng, now: OffsetDateTime, days: &[OffsetDateTime]) -> PreparedBatch {
    let mut envelopes = Vec::new();
    for _ in 0..random.usize(1..12) {
        let project = ["alpha", "beta", "gamma"][random.usize(..3)];
        let day = days[random.usize(..days.len())];
        let events = (0..random.usize(1..6)).map(|_| event(random, now, day)).collect();
        let mut sent = envelope(project, events);
        sent.received_at = now;
        sent.visitor_id = random.bool().then(|| id(random.u128(..20)));
        sent.session_id = random.bool().then(|| id(random.u128(100..200)));
        sent.user_agent = BROWSERS[random.usize(..BROWSERS.len())].map(str::to_owned);
        envelopes.push(sent);
    }
    let mut batch = Batch::default();
    batch.add(Delivery { body: message(&envelopes), returned_count: 0, tag: 0 });
    let mut prepared = Enricher::new(Geo::open(&[]).unwrap()).prepare(batch);
    for envelope in &mut prepared.envelopes {
        let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        envelope.place = random.bool().then(|| Place {
            country: named(COUNTRIES[random.usize(..COUNTRIES.len())]),
            city: named(CITIES[random.usize(..CITIES.len())]),
            position: random.bool().then(|| (f64::from(random.i8(-80..80)) / 3.0, f64::from(random.i8(..)))),
        });
    }
    prepared
}

/// Ids as scattered over their bits as real ones.
fn id(number: u128) -> Uuid {
    Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}

/// An event within a day and a half of `day`, sometimes right at a quarter of an hour, never in the future.
fn event(random: &mut Rng, now: OffsetDateTime, day: OffsetDateTime) -> Event {
    let mut at = day + Duration::minutes(random.i64(-36 * 60..36 * 60));
    if random.bool() {
        let past_ms = at.unix_timestamp_nanos().rem_euclid(900_000_000_000) / 1_000_000;
        at -= Duration::milliseconds(i64::try_from(past_ms).unwrap() + random.i64(0..2));
    }
    let age_ms = u64::try_from((now - at).whole_milliseconds()).unwrap_or_default();
    let text =
        |random: &mut Rng, texts: &[Option<&str>]| texts[random.usize(..texts.len())].map(str::to_owned);
    let kind = if random.bool() {
        let url = URLS[random.usize(..URLS.len())].to_owned();
        EventKind::Impression { url, referrer: text(random, &REFERRERS) }
    } else {
        // Widgets of others may send anything under the name.
        let question = text(random, &QUESTIONS).map_or_else(|| json!(5), Value::String);
        let data = random.bool().then(|| Map::from_iter([("question".to_owned(), question)]));
        let interaction = InteractionType::ALL[random.usize(..6)];
        EventKind::Interaction { interaction, label: text(random, &LABELS), data }
    };
    Event { age_ms, kind }
}
