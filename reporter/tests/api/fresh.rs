//! How fresh an answer is, in its body and its headers.

use reqwest::StatusCode;
use serde_json::json;
use testkit::TestDatabase;

use crate::reporter_under_test::{Answer, Reporter};
use crate::seed::Seed;

const REPORT: &str = "reports/overview?from=2026-11-02&to=2026-11-02";

async fn started() -> (TestDatabase, Seed, Reporter, String) {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    let key = seed.key(None).await;
    let reporter = Reporter::start(&database.url()).await;
    (database, seed, reporter, key)
}

/// What the writers say of themselves: reported how many seconds ago, complete until, messages waiting.
async fn writers(seed: &Seed, rows: &[(i32, Option<&str>, Option<i64>)]) {
    let mut sql = "truncate writer_progress;".to_owned();
    for (ago_s, until, waiting) in rows {
        let until = until.map_or("null".to_owned(), |until| format!("'{until}'"));
        let waiting = waiting.map_or("null".to_owned(), |waiting| waiting.to_string());
        sql += &format!(
            "insert into writer_progress (writer_id, reported_at, complete_until, waiting_messages)
             values (gen_random_uuid(), now() - interval '{ago_s} seconds', {until}, {waiting});"
        );
    }
    seed.sql(&sql).await;
}

fn headers(answer: &Answer) -> (&str, &str) {
    (answer.header("footfall-complete-until"), answer.header("footfall-waiting-messages"))
}

#[tokio::test]
async fn an_answer_is_as_fresh_as_the_slowest_of_the_living_writers() {
    let (_database, seed, reporter, key) = started().await;
    let living = [
        (0, Some("2026-11-02 12:00:00.250Z"), Some(3)),
        (9, Some("2026-11-02 11:59:58Z"), Some(7)),
        // Silent for too long: it has ended, and whatever it held went to another.
        (11, Some("2026-11-02 10:00Z"), Some(900)),
    ];
    writers(&seed, &living).await;
    let answer = reporter.get(&key, REPORT).await;
    assert_eq!(headers(&answer), ("2026-11-02T11:59:58Z", "7"));
    let expected = json!({"complete_until": "2026-11-02T11:59:58Z", "waiting_messages": 7});
    assert_eq!(answer.ok()["fresh"], expected);
}

#[tokio::test]
async fn what_no_writer_knows_is_null_and_in_no_header() {
    let (_database, seed, reporter, key) = started().await;
    // One that has just started, and does not know yet, leaves all of it unknown.
    let unknown = [(0, Some("2026-11-02 12:00Z"), None), (0, None, None)];
    for rows in [&[][..], &[(60, Some("2026-11-02 12:00Z"), Some(1))], &unknown] {
        writers(&seed, rows).await;
        let answer = reporter.get(&key, REPORT).await;
        assert_eq!(headers(&answer), ("", ""));
        assert_eq!(answer.ok()["fresh"], json!({"complete_until": null, "waiting_messages": null}));
    }
}

#[tokio::test]
async fn an_unchanged_report_is_as_unchanged_when_it_is_fresher_and_says_so() {
    let (_database, seed, reporter, key) = started().await;
    writers(&seed, &[(0, Some("2026-11-02 12:00Z"), Some(1))]).await;
    let tag = reporter.get(&key, REPORT).await.header("etag").to_owned();
    writers(&seed, &[(0, Some("2026-11-02 13:00Z"), Some(2))]).await;
    let request = reporter.request(reqwest::Method::GET, REPORT).bearer_auth(&key);
    let answer = reporter.send(request.header("if-none-match", tag)).await;
    assert_eq!(answer.status, StatusCode::NOT_MODIFIED);
    assert_eq!(headers(&answer), ("2026-11-02T13:00:00Z", "2"));
}
