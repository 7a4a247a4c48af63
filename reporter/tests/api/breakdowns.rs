//! Events by a property, filters, questions and contacts: their JSON pinned, and what can't be told is refused.

use insta::assert_json_snapshot;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::reporter_under_test::Reporter;
use crate::seed::Seed;
use crate::visits::{DAYS, visited};

async fn breakdown(reporter: &Reporter, key: &str, query: &str) -> Value {
    reporter.get(key, &format!("reports/breakdown?{DAYS}&{query}")).await.ok()
}

/// The list as pairs, for comparing.
fn pairs(answer: &Value) -> Vec<(Option<String>, i64)> {
    let entries = answer["breakdown"].as_array().unwrap().iter();
    let value = |entry: &Value| entry["value"].as_str().map(str::to_owned);
    entries.map(|entry| (value(entry), entry["count"].as_i64().unwrap())).collect()
}

fn some(value: &str, count: i64) -> (Option<String>, i64) {
    (Some(value.to_owned()), count)
}

#[tokio::test]
async fn events_are_told_by_each_property_and_those_without_as_null() {
    let (_database, reporter, key) = visited().await;
    let mut told = Vec::new();
    for dimension in ["country", "city", "page", "referrer", "device", "browser", "interaction_type", "label"]
    {
        let answer = breakdown(&reporter, &key, &format!("dimension={dimension}")).await;
        let listed: i64 = pairs(&answer).iter().map(|(_, count)| count).sum();
        assert_eq!(answer["total"], listed, "{dimension}");
        assert_eq!(answer["days"], "local", "{dimension}");
        told.push(json!({ dimension: answer["breakdown"] }));
    }
    assert_json_snapshot!("by_each_property", told);
    assert_json_snapshot!("breakdown", breakdown(&reporter, &key, "dimension=page&limit=1").await);
}

#[tokio::test]
async fn filters_combine_and_count_raw_rows_by_the_writer_s_rules() {
    let (_database, reporter, key) = visited().await;
    for (query, expected) in [
        ("dimension=page&country=IL", vec![some("example.com/rooms", 2), some("example.com/prices", 1)]),
        ("dimension=page&country=IL&device=mobile", vec![some("example.com/prices", 1)]),
        ("dimension=page&country=IL&country=US&referrer=www.google.com", vec![some("example.com/prices", 2)]),
        ("dimension=city&referrer=", vec![some("Haifa", 2)]),
        ("dimension=city&country=", vec![(None, 1)]),
        ("dimension=city&country=IL&city=Boston", vec![]),
        ("dimension=country&city=Haifa", vec![some("IL", 3)]),
        ("dimension=device&page=example.com/rooms", vec![some("desktop", 2), some("mobile", 1)]),
        ("dimension=browser&browser=Firefox", vec![some("Firefox", 2)]),
        ("dimension=label&event_type=click_contact&label=Phone%20Link", vec![some("Phone Link", 1)]),
        ("dimension=label&event_type=open_chat", vec![some("Chat", 2)]),
        (
            "dimension=interaction_type&label=",
            vec![some("ask_question", 1), some("click_bubble", 1), some("click_contact", 1)],
        ),
        (
            "dimension=interaction_type&event_type=open_chat&event_type=submit_form",
            vec![some("open_chat", 2), some("submit_form", 1)],
        ),
        ("dimension=label&event_type=open_chat&project_id=form", vec![]),
    ] {
        let answer = breakdown(&reporter, &key, query).await;
        assert_eq!(pairs(&answer), expected, "{query}");
        assert_eq!(answer["other"], 0, "{query}");
    }
}

#[tokio::test]
async fn a_filter_of_a_property_that_the_events_don_t_have_is_refused() {
    let (_database, reporter, key) = visited().await;
    let ask = async |query: &str| reporter.get(&key, &format!("reports/breakdown?{DAYS}&{query}")).await;
    for (field, query) in [
        ("dimension", ""),
        ("dimension", "dimension=visitor"),
        ("country", "dimension=label&country=IL"),
        ("event_type", "dimension=page&event_type=open_chat"),
        ("limit", "dimension=page&limit=1001"),
    ] {
        let answer = ask(query).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(answer.body["error"]["field"], field, "{query}");
    }
    assert_json_snapshot!("filter_of_another_kind", ask("dimension=label&country=IL").await.body);
}

#[tokio::test]
async fn what_has_no_name_of_its_own_is_other_and_a_filter_then_asks_the_raw_rows() {
    let (database, reporter, key) = visited().await;
    // As a fold leaves a day with too many pages: one is not named.
    Seed::of(&database)
        .await
        .sql(
            "insert into daily_dimension_stats
             select project_id, '2026-11-02', 2, 0, 1 from (values ('bot'), ('')) as level (project_id);
             update rollup_deltas set \"values\" = array_remove(\"values\", 'example.com/prices')
             where date = '2026-11-02' and dimensions[2] = 2 and \"values\"[2] = 'example.com/prices'",
        )
        .await;
    let whole = breakdown(&reporter, &key, "dimension=page").await;
    assert_eq!(whole["other"], 1);
    let filtered = breakdown(&reporter, &key, "dimension=page&page=example.com/prices").await;
    assert_eq!(pairs(&filtered), [some("example.com/prices", 2)]);
}

#[tokio::test]
async fn too_many_events_for_a_filter_and_raw_rows_that_have_expired_are_said_so() {
    let (database, reporter, key) = visited().await;
    let seed = Seed::of(&database).await;
    let ask = async |query: &str| reporter.get(&key, &format!("reports/breakdown?{query}")).await;
    seed.sql("insert into quarter_hour_stats (project_id, bucket_at, impressions_count) values ('quiet', '2026-06-01 12:00+00', 200000)").await;
    let filtered = "from=2026-06-01&to=2026-06-01&dimension=page&country=IL";
    let expired = ask(filtered).await;
    assert_eq!(
        (expired.status, &expired.body["error"]["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("expired"))
    );
    seed.sql("update quarter_hour_stats set impressions_count = 200001 where project_id = 'quiet'").await;
    let broad = ask(filtered).await;
    assert_eq!(
        (broad.status, &broad.body["error"]["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("too_broad"))
    );
    assert_json_snapshot!("too_broad", broad.body);
    let narrower = ask(&format!("{filtered}&project_id=bot")).await.ok();
    assert_eq!(narrower["total"], 0);
}

#[tokio::test]
async fn questions_and_contacts_are_listed_as_they_were_sent() {
    let (_database, reporter, key) = visited().await;
    let questions = reporter.get(&key, &format!("reports/questions?{DAYS}")).await.ok();
    assert_json_snapshot!("questions", questions);
    let contacts = reporter.get(&key, &format!("reports/contact-labels?{DAYS}&limit=2")).await.ok();
    assert_json_snapshot!("contact_labels", contacts);
}
