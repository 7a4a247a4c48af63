//! Answers that are kept for a moment, tagged, and told from others'.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use testkit::{TestDatabase, eventually};
use time::macros::datetime;

use crate::reporter_under_test::{Answer, Reporter};
use crate::seed::Seed;

const NOON: time::OffsetDateTime = datetime!(2026-11-02 12:00 UTC);
const REPORT: &str = "reports/interactions?from=2026-11-02&to=2026-11-02";
/// So long that no test sees an answer end.
const KEPT: &[(&str, &str)] = &[("FOOTFALL_ANSWER_TTL_MS", "10000"), ("FOOTFALL_KEY_REQUESTS_PER_S", "0")];

/// Two projects with an interaction each, and a reporter that keeps answers.
async fn two_projects() -> (TestDatabase, Seed, Reporter) {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    for project in ["mine", "theirs"] {
        seed.project(project, project).await;
        seed.interaction(project, NOON).await;
    }
    let reporter = Reporter::start_with(&database.url(), KEPT).await;
    (database, seed, reporter)
}

async fn asked_with(reporter: &Reporter, key: &str, tags: &str) -> Answer {
    let request = reporter.request(Method::GET, REPORT).bearer_auth(key);
    reporter.send(request.header("if-none-match", tags)).await
}

async fn metric(reporter: &Reporter, line: &str) -> u64 {
    let (_, metrics) = reporter.ops("/metrics").await;
    let value = metrics.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("{line} is missing in {metrics}")).parse().unwrap()
}

#[tokio::test]
async fn a_thousand_dashboards_that_ask_the_same_at_once_cost_one_reading() {
    let (_database, seed, reporter) = two_projects().await;
    let key = seed.key(None).await;
    // No report, so that the key is known and the crowd not taken for strangers.
    reporter.get(&key, "receipts/01932f6e-0000-7000-8000-000000000001").await;
    let answers = join_all((0..1_000).map(|_| reporter.get(&key, REPORT))).await;
    for answer in answers {
        assert_eq!(answer.ok()["total"], 2);
    }
    let from = async |from: &str| {
        metric(&reporter, &format!("footfall_reporter_answers_total{{from=\"{from}\"}}")).await
    };
    assert_eq!(from("reading").await, 1);
    assert_eq!(from("cache").await + from("shared").await, 999);
    reporter.stop().await.unwrap();
    assert_eq!(seed.readings().await, 1, "and Postgres says so, too");
}

#[tokio::test]
async fn who_sees_the_same_shares_and_who_sees_other_projects_never_does() {
    let (_database, seed, reporter) = two_projects().await;
    let (mine, mine_too) = (seed.key(Some(&["mine"])).await, seed.key(Some(&["mine"])).await);
    let (both, theirs) = (seed.key(Some(&["theirs", "mine"])).await, seed.key(Some(&["theirs"])).await);
    let (all, none) = (seed.key(None).await, seed.key(Some(&[])).await);
    let of_mine = format!("{REPORT}&project_id=mine");
    let total = async |key: &str, path: &str| reporter.get(key, path).await.ok()["total"].as_i64().unwrap();
    assert_eq!(total(&mine, REPORT).await, 1);
    seed.interaction("mine", NOON).await;
    // The same projects, by whatever key and however chosen: the answer of a moment ago.
    assert_eq!(total(&mine_too, REPORT).await, 1);
    assert_eq!(total(&both, &of_mine).await, 1);
    assert_eq!(total(&all, &of_mine).await, 1);
    // Others: one of their own.
    assert_eq!(total(&both, REPORT).await, 3);
    assert_eq!(total(&all, REPORT).await, 3);
    assert_eq!(total(&theirs, REPORT).await, 1);
    assert_eq!(total(&none, REPORT).await, 0);
    // And nothing that is kept opens what a key does not.
    assert_eq!(reporter.get(&theirs, &of_mine).await.status, StatusCode::NOT_FOUND);
    reporter.stop().await.unwrap();
    assert_eq!(seed.readings().await, 5);
}

#[tokio::test]
async fn another_question_is_another_answer() {
    let (_database, seed, reporter) = two_projects().await;
    let key = seed.key(None).await;
    let total = async |path: &str| reporter.get(&key, path).await.ok()["total"].clone();
    assert_eq!(total(REPORT).await, 2);
    seed.interaction("mine", NOON).await;
    assert_eq!(total(REPORT).await, 2, "kept");
    for other in
        ["&interval=hour", "&tz=Asia/Kathmandu", "&compare=previous", "&project_id=mine&project_id=theirs"]
    {
        assert_eq!(total(&format!("{REPORT}{other}")).await, 3, "{other}");
    }
    assert_eq!(total("reports/interactions?from=2026-11-01&to=2026-11-02").await, 3);
    assert_eq!(total("reports/impressions?from=2026-11-02&to=2026-11-02").await, 0);
    let table = reporter.get(&key, &format!("{REPORT}&format=csv")).await.ok();
    assert_eq!(table, "at,count\r\n2026-11-02,3\r\n");
}

#[tokio::test]
async fn an_error_is_nobody_s_after_those_who_waited_for_it() {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    let key = seed.key(None).await;
    let settings = &[("FOOTFALL_ANSWER_TTL_MS", "10000"), ("FOOTFALL_STATEMENT_TIMEOUT_MS", "300")];
    let reporter = Reporter::start_with(&database.url(), settings).await;
    seed.sql("begin; lock table quarter_hour_stats in access exclusive mode").await;
    let answers = join_all((0..10).map(|_| reporter.get(&key, REPORT))).await;
    for answer in answers {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.header("retry-after"), "2");
        assert_eq!(answer.body["error"]["code"], "too_slow");
    }
    seed.sql("rollback").await;
    reporter.get(&key, REPORT).await.ok();
}

#[tokio::test]
async fn what_is_kept_does_not_outlive_the_key_that_asks_for_it() {
    let (_database, seed, reporter) = two_projects().await;
    let key = seed.key(None).await;
    reporter.get(&key, REPORT).await.ok();
    seed.revoke(&key).await;
    eventually("the key to be refused, though its answer is kept", Duration::from_secs(8), async || {
        (reporter.get(&key, REPORT).await.status == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
    let refused = asked_with(&reporter, &key, "*").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "a 304 would tell that there is something");
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again_however_its_tag_is_named() {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    seed.project("mine", "Mine").await;
    let key = seed.key(None).await;
    let reporter = Reporter::start(&database.url()).await;
    let first = reporter.get(&key, REPORT).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{tag}");
    let strong = tag.trim_start_matches("W/");
    for known in [&tag, strong, "*", &format!("\"other\", {tag}"), &format!("{strong} , W/\"other\"")] {
        let again = asked_with(&reporter, &key, known).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(again.body, "", "{known}");
        assert_eq!(again.header("etag"), tag);
        assert_eq!(again.header("cache-control"), "private, no-cache");
        assert_eq!(again.header("vary"), "authorization");
    }
    for unknown in ["\"other\"", "W/\"other\"", "nonsense", tag.trim_matches(['W', '/', '"']), ""] {
        assert_eq!(asked_with(&reporter, &key, unknown).await.ok(), first.body, "{unknown}");
    }
    seed.interaction("mine", NOON).await;
    let changed = asked_with(&reporter, &key, &tag).await;
    assert_ne!(changed.header("etag"), tag);
    assert_eq!(changed.ok()["total"], 1);
}
