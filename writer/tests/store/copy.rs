//! What is sent by COPY, read back column by column.

use serde_json::{Value, json};
use shared::envelope::Envelope;
use shared::event::{Event, EventKind, InteractionType};
use testkit::envelopes::{envelope, impression, interaction};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio_postgres::types::FromSqlOwned;
use uuid::Uuid;

use crate::support::Bench;

impl Bench {
    /// The only value of a column.
    async fn only<T: FromSqlOwned>(&self, column: &str, table: &str) -> T {
        self.client.query_one(&format!("select {column} from {table}"), &[]).await.unwrap().get(0)
    }
}

/// Everything that an envelope may leave out is left out.
fn bare(events: Vec<Event>) -> Envelope {
    Envelope { user_agent: None, visitor_id: None, session_id: None, ..envelope("alpha", events) }
}

#[tokio::test]
async fn an_impression_comes_back_as_it_was() {
    let mut bench = Bench::new().await;
    let url = format!("https://example.com/{}", "ü".repeat(1_000));
    let (visitor_id, session_id) = (Uuid::max(), Uuid::nil());
    let kind = EventKind::Impression { url: url.clone(), referrer: Some(String::new()) };
    let sent = Envelope {
        user_agent: Some("בדיקה \u{1F600} \"'\\".to_owned()),
        visitor_id: Some(visitor_id),
        session_id: Some(session_id),
        sent_at: Some(datetime!(1999-12-31 23:59:59.999 UTC)),
        ..envelope("alpha", vec![Event { age_ms: 1, kind }])
    };

    bench.store(std::slice::from_ref(&sent)).await.unwrap();

    let table = "analytics_impressions";
    assert_eq!(bench.only::<String>("project_id", table).await, "alpha");
    assert_eq!(bench.only::<Uuid>("visitor_id", table).await, visitor_id);
    assert_eq!(bench.only::<Uuid>("session_id", table).await, session_id);
    assert_eq!(bench.only::<String>("url", table).await, url);
    assert_eq!(bench.only::<String>("referrer", table).await, "");
    assert_eq!(bench.only::<Option<String>>("user_agent", table).await, sent.user_agent);
    let created_at: OffsetDateTime = bench.only("created_at", table).await;
    assert_eq!(created_at, datetime!(1999-12-31 23:59:59.998 UTC));
}

#[tokio::test]
async fn an_interaction_comes_back_as_it_was() {
    let mut bench = Bench::new().await;
    let data =
        json!({ "question": "¿\"\\\u{1F600}?", "n": [0, -1, 2.5, null, true], "long": "x".repeat(200_000) });
    let mut event = interaction(InteractionType::SubmitForm, &data);
    if let EventKind::Interaction { label, .. } = &mut event.kind {
        *label = Some("Booking Button".to_owned());
    }

    bench.store(&[envelope("beta", vec![event])]).await.unwrap();

    let table = "analytics_events";
    assert_eq!(bench.only::<String>("project_id", table).await, "beta");
    assert_eq!(bench.only::<String>("event_type::text", table).await, "submit_form");
    assert_eq!(bench.only::<String>("event_label", table).await, "Booking Button");
    assert_eq!(bench.only::<Value>("event_data", table).await, data);
}

#[tokio::test]
async fn what_is_absent_comes_back_as_null() {
    let mut bench = Bench::new().await;
    let events = vec![impression("u"), interaction(InteractionType::OpenChat, &Value::Null)];

    bench.store(&[bare(events)]).await.unwrap();

    let nulls =
        "num_nulls(visitor_id, session_id, referrer, user_agent, geo_country, geo_city, geo_lat, geo_lng)";
    assert_eq!(bench.only::<i32>(nulls, "analytics_impressions").await, 8);
    let nulls = "num_nulls(visitor_id, session_id, event_label, event_data)";
    assert_eq!(bench.only::<i32>(nulls, "analytics_events").await, 4);
}

#[tokio::test]
async fn each_interaction_has_its_label_in_the_database() {
    let mut bench = Bench::new().await;
    let events = InteractionType::ALL.map(|kind| interaction(kind, &Value::Null)).to_vec();

    bench.store(&[envelope("alpha", events)]).await.unwrap();

    let stored: Vec<String> = bench.only("array_agg(event_type::text order by id)", "analytics_events").await;
    assert_eq!(stored, InteractionType::ALL.map(InteractionType::as_str));
}

#[tokio::test]
async fn rows_of_many_chunks_arrive_whole_and_in_order() {
    let mut bench = Bench::new().await;
    let urls: Vec<String> = (0..100).map(|place| format!("{place} {}", "y".repeat(place * 100))).collect();
    let events: Vec<Event> = urls.iter().map(|url| impression(url)).collect();

    bench.store(&[envelope("alpha", events)]).await.unwrap();

    let stored: Vec<String> = bench.only("array_agg(url order by id)", "analytics_impressions").await;
    assert_eq!(stored, urls);
}
