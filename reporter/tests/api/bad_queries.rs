//! What can't be answered is refused, naming the parameter and what to change.

use insta::assert_json_snapshot;
use reqwest::{Method, StatusCode};
use testkit::TestDatabase;

use crate::reporter_under_test::Reporter;
use crate::seed::Seed;

async fn started() -> (TestDatabase, Reporter, String) {
    let database = TestDatabase::create().await;
    let key = Seed::of(&database).await.key(None).await;
    let reporter = Reporter::start(&database.url()).await;
    (database, reporter, key)
}

#[tokio::test]
async fn each_bad_parameter_is_named() {
    let (_database, reporter, key) = started().await;
    for (field, query) in [
        ("from", "from=23.11.2026"),
        ("from", "from=2026-11-03&to=2026-11-02"),
        ("from", "from=2024-01-01&to=2026-01-01"),
        ("from", "from=2026-01-01&to=2026-03-04&interval=hour"),
        ("to", "to=2026-02-30"),
        ("to", "to=2026-11-02&to=2026-11-03"),
        ("interval", "interval=minute"),
        ("compare", "compare=last"),
        ("project_id", "project_id=No%20Slug"),
        ("limit", "limit=3"),
        ("format", "format=xml"),
        ("sort", "sort=project_id%3Bdrop%20table%20projects"),
    ] {
        let answer = reporter.get(&key, &format!("reports/overview?{query}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(answer.body["error"]["code"], "invalid_query", "{query}");
        assert_eq!(answer.body["error"]["field"], field, "{query}");
    }
}

#[tokio::test]
async fn the_longest_periods_are_answered() {
    let (_database, reporter, key) = started().await;
    let longest = reporter.get(&key, "reports/impressions?from=2024-01-01&to=2025-12-31").await.ok();
    assert_eq!(longest["series"].as_array().unwrap().len(), 731);
    let hourly = "reports/impressions?from=2026-01-01&to=2026-03-03&interval=hour";
    assert_eq!(reporter.get(&key, hourly).await.ok()["series"].as_array().unwrap().len(), 62 * 24);
}

#[tokio::test]
async fn only_the_names_of_regions_are_time_zones() {
    let (_database, reporter, key) = started().await;
    // Postgres would take the first six: abbreviation, POSIX rule, offset, lower case, a file's path, the server's own.
    for zone in [
        "IST",
        "FOO-3",
        "%2B02:00",
        "europe/berlin",
        "posix/Europe/Berlin",
        "localtime",
        "Mars/Base",
        "",
        "a%00b",
    ] {
        let answer = reporter.get(&key, &format!("reports/impressions?tz={zone}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{zone}");
        assert_eq!(answer.body["error"]["field"], "tz", "{zone}");
    }
    reporter.get(&key, "reports/impressions?tz=Europe/Berlin").await.ok();
}

#[tokio::test]
async fn an_error_says_what_to_change() {
    let (_database, reporter, key) = started().await;
    let answer = reporter.get(&key, "reports/top-widgets?limit=101").await;
    assert_json_snapshot!("limit_too_high", answer.body);
    let answer = reporter.get(&key, "reports/overview?from=2026-01-01&to=2026-12-31&interval=hour").await;
    assert_json_snapshot!("hourly_period_too_long", answer.body);
}

#[tokio::test]
async fn another_path_or_method_is_refused_in_the_same_form() {
    let (_database, reporter, key) = started().await;
    let lost = reporter.get(&key, "reports/horoscope").await;
    assert_eq!((lost.status, &lost.body["error"]["code"]), (StatusCode::NOT_FOUND, &"not_found".into()));
    let posted = reporter.send(reporter.request(Method::POST, "reports/overview").bearer_auth(&key)).await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(posted.header("allow"), "GET");
    assert_eq!(posted.body["error"]["code"], "method_not_allowed");
}
