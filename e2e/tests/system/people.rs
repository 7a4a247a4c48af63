//! What one visitor may ask for: everything there is of them, and that it be gone.

use serde_json::{Value, json};
use shared::envelope::{Envelope, decode_message};
use shared::event::InteractionType;
use testkit::envelopes::{envelope, impression, interaction, message};
use testkit::recount::assert_rollups_equal_a_recount;
use testkit::{TestBroker, TestDatabase};
use uuid::Uuid;

use crate::operators::{Operator, store};

/// What only the visitor asked.
const OWN_WORDS: &str = "Can you call me, I am Ada Lovelace?";

/// A visitor's events in both tables, two projects, two months and the quarantine, and events of others beside each.
async fn visited(database: &TestDatabase, visitor: Uuid) {
    let projects = "insert into projects values ('alpha', 'Alpha'), ('beta', 'Beta')";
    database.client().await.batch_execute(projects).await.unwrap();
    let mut late = impression("https://example.com/late");
    late.age_ms = 40 * 24 * 60 * 60 * 1_000;
    let data = json!({ "question": "Open?" });
    let events =
        vec![impression("https://example.com/"), interaction(InteractionType::AskQuestion, &data), late];
    for project in ["alpha", "beta", "nobody"] {
        let own = Envelope { visitor_id: Some(visitor), ..envelope(project, events.clone()) };
        store(database, &[own, envelope(project, events.clone())]).await;
    }
    // Only they came on this day.
    let mut alone = Envelope { visitor_id: Some(visitor), ..envelope("beta", events[..1].to_vec()) };
    alone.events[0].age_ms = 3 * 24 * 60 * 60 * 1_000;
    store(database, &[alone]).await;
}

async fn count(database: &TestDatabase, what: &str) -> i64 {
    let sql = format!("select count(*) from {what}");
    database.client().await.query_one(&sql, &[]).await.unwrap().get(0)
}

/// Puts a message in quarantine as one that could not be read.
async fn quarantine(database: &TestDatabase, payload: &[u8]) {
    let sql = "insert into quarantine (fingerprint, reason, detail, payload) values (sha256($1), 'undecodable', 'x', $1)";
    database.client().await.execute(sql, &[&payload]).await.unwrap();
}

#[tokio::test]
async fn a_visitors_export_is_everything_in_the_order_it_happened_and_nothing_of_others() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let operator = Operator::of(&database, &broker);
    let visitor = Uuid::now_v7();
    visited(&database, visitor).await;

    let all = operator.does(&format!("export --visitor {visitor}")).await;
    let lines = operator.run(&format!("export --visitor {visitor}")).await.stdout;
    let nobody = operator.does(&format!("export --visitor {}", Uuid::nil())).await;

    let events = all["events"].as_array().unwrap();
    let times: Vec<&str> = events.iter().map(|event| event["created_at"].as_str().unwrap()).collect();
    assert!(events.len() == 7 && times.is_sorted(), "{all}");
    assert!(events.iter().all(|event| event["visitor_id"] == visitor.to_string()), "{all}");
    let asked = events.iter().find(|event| event["table"] == "analytics_events").unwrap();
    assert_eq!(
        (&asked["event_type"], &asked["event_data"]["question"]),
        (&json!("ask_question"), &json!("Open?"))
    );
    let viewed = events.iter().find(|event| event["table"] == "analytics_impressions").unwrap();
    for column in [
        "id",
        "project_id",
        "session_id",
        "url",
        "referrer",
        "user_agent",
        "geo_country",
        "geo_city",
        "geo_lat",
        "geo_lng",
    ] {
        assert!(viewed.get(column).is_some(), "{column}: {viewed}");
    }
    let kept = all["quarantined"].as_array().unwrap();
    assert_eq!((kept.len(), &kept[0]["reason"]), (3, &json!("unknown_project")), "{all}");
    assert_eq!(kept[0]["envelopes"][0]["visitor_id"], visitor.to_string());
    let lines: Vec<Value> =
        String::from_utf8(lines).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, events.iter().chain(kept).cloned().collect::<Vec<_>>());
    assert_eq!((&nobody["events"], &nobody["quarantined"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn an_erased_visitor_is_gone_everywhere_and_the_others_are_counted_as_before() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let operator = Operator::of(&database, &broker);
    let visitor = Uuid::now_v7();
    visited(&database, visitor).await;
    let own_words = interaction(InteractionType::AskQuestion, &json!({ "question": OWN_WORDS }));
    let asked = Envelope { visitor_id: Some(visitor), ..envelope("alpha", vec![own_words]) };
    store(&database, &[asked]).await;
    let other = envelope("alpha", vec![impression("https://example.com/other")]);
    let own = Envelope { visitor_id: Some(visitor), ..other.clone() };
    quarantine(&database, &message(&[own, other.clone()])).await;

    let would = operator.does(&format!("erase --visitor {visitor}")).await;
    assert_eq!(
        (&would["erased"], &would["rows"], &would["quarantined"]),
        (&json!(false), &json!(8), &json!(4))
    );
    assert_eq!(assert_rollups_equal_a_recount(&database.client().await).await, (9, 5), "nothing went");
    let words = format!("daily_values where value = '{OWN_WORDS}'");
    assert!(count(&database, &words).await > 0);
    let erased = operator.does(&format!("erase --visitor {visitor} --yes")).await;
    let again = operator.does(&format!("erase --visitor {visitor} --yes")).await;

    assert_eq!(
        (&erased["erased"], &erased["rows"], &erased["quarantined"]),
        (&json!(true), &json!(8), &json!(4))
    );
    assert_eq!((&again["rows"], &again["quarantined"]), (&json!(0), &json!(0)));
    assert_eq!(assert_rollups_equal_a_recount(&database.client().await).await, (4, 2));
    assert_eq!(count(&database, &words).await, 0, "nor are the visitor's own words among the questions");
    let asked = "daily_values where project_id = 'alpha' and value = 'Open?' and events_count = 1";
    assert_eq!(count(&database, asked).await, 1, "another asked that, too");
    assert_eq!(operator.does(&format!("export --visitor {visitor}")).await["quarantined"], json!([]));
    let sql = "select payload from quarantine where reason = 'undecodable'";
    let payload = database.client().await.query_one(sql, &[]).await.unwrap();
    assert_eq!(decode_message(payload.get(0)).unwrap(), [other], "a message shared with others keeps theirs");
    assert_eq!(count(&database, "quarantine").await, 4);
}

#[tokio::test]
async fn an_unreadable_message_that_holds_the_visitor_is_named_and_left() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let operator = Operator::of(&database, &broker);
    let visitor = Uuid::now_v7();
    quarantine(&database, format!("{{\"v\":9,\"visitor\":\"{visitor}\"}}").as_bytes()).await;
    quarantine(&database, b"of nobody").await;

    let (code, erased) = operator.asks(&format!("erase --visitor {visitor} --yes")).await;

    assert_eq!((code, erased["unreadable"].as_array().map(Vec::len)), (Some(1), Some(1)), "{erased}");
    assert_eq!(count(&database, "quarantine").await, 2);
    operator.fails(2, "erase --visitor nobody --yes").await;
    operator.fails(2, "erase --yes").await;
}

#[tokio::test]
async fn a_visitor_is_erased_while_writers_store_and_no_count_goes_astray() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let operator = Operator::of(&database, &broker);
    let visitor = Uuid::now_v7();
    visited(&database, visitor).await;

    let writers = (0..4).map(|_| {
        let database = &database;
        async move {
            for _ in 0..20 {
                store(database, &[envelope("alpha", vec![impression("https://example.com/")])]).await;
            }
        }
    });
    let erase = format!("erase --visitor {visitor} --yes");
    let (erased, _) = tokio::join!(operator.does(&erase), futures_util::future::join_all(writers));

    assert_eq!(erased["rows"], 7);
    assert_eq!(assert_rollups_equal_a_recount(&database.client().await).await, (4 + 80, 2));
}
