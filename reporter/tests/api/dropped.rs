//! What rules dropped, told to the owner by day and reason.

use reqwest::{Method, StatusCode};
use serde_json::json;
use testkit::TestDatabase;

use crate::reporter_under_test::Reporter;
use crate::seed::Seed;

const PERIOD: &str = "from=2026-11-02&to=2026-11-03";

/// Two tenants whose rules dropped something before, on and after the two days of [`PERIOD`], and a key for the first.
async fn two_tenants() -> (TestDatabase, Seed, Reporter, String) {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    seed.project("mine", "Mine").await;
    seed.project("theirs", "Theirs").await;
    seed.sql(
        "insert into daily_dropped_stats values
             ('mine', '2026-11-01', 'gpc', 1), ('mine', '2026-11-02', 'gpc', 2), ('mine', '2026-11-03', 'gpc', 4),
             ('mine', '2026-11-03', 'dnt', 8), ('mine', '2026-11-04', 'dnt', 16),
             ('theirs', '2026-11-03', 'gpc', 32), ('nobodys', '2026-11-03', 'gpc', 64)",
    )
    .await;
    let key = seed.key(Some(&["mine"])).await;
    let reporter = Reporter::start(&database.url()).await;
    (database, seed, reporter, key)
}

#[tokio::test]
async fn a_key_sees_what_was_dropped_in_its_projects_latest_first_and_no_more() {
    let (_database, seed, reporter, key) = two_tenants().await;
    let of_mine = [
        json!({"project_id": "mine", "name": "Mine", "date": "2026-11-03", "reason": "dnt", "events": 8}),
        json!({"project_id": "mine", "name": "Mine", "date": "2026-11-03", "reason": "gpc", "events": 4}),
        json!({"project_id": "mine", "name": "Mine", "date": "2026-11-02", "reason": "gpc", "events": 2}),
    ];
    assert_eq!(
        reporter.get(&key, &format!("reports/dropped?{PERIOD}")).await.ok()["dropped"],
        json!(of_mine)
    );

    let all = seed.key(None).await;
    let of_all = reporter.get(&all, &format!("reports/dropped?{PERIOD}")).await.ok();
    let theirs = json!({"project_id": "theirs", "name": "Theirs", "date": "2026-11-03", "reason": "gpc", "events": 32});
    assert_eq!(
        of_all["dropped"],
        json!([of_mine[0], of_mine[1], theirs, of_mine[2]]),
        "and no project that does not exist"
    );
    let chosen = reporter.get(&all, &format!("reports/dropped?{PERIOD}&project_id=mine")).await.ok();
    assert_eq!(chosen["dropped"], json!(of_mine));
}

#[tokio::test]
async fn the_days_are_utc_whatever_the_time_zone() {
    let (_database, _seed, reporter, key) = two_tenants().await;
    let utc = reporter.get(&key, &format!("reports/dropped?{PERIOD}")).await.ok();
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        let local = reporter.get(&key, &format!("reports/dropped?{PERIOD}&tz={zone}")).await.ok();
        assert_eq!(local["dropped"], utc["dropped"], "{zone}");
    }
}

#[tokio::test]
async fn where_nothing_was_dropped_the_list_is_empty() {
    let (_database, seed, reporter, key) = two_tenants().await;
    let earlier = reporter.get(&key, "reports/dropped?from=2026-10-01&to=2026-10-31").await.ok();
    assert_eq!(earlier["dropped"], json!([]));
    let empty = seed.key(Some(&[])).await;
    assert_eq!(reporter.get(&empty, &format!("reports/dropped?{PERIOD}")).await.ok()["dropped"], json!([]));
}

#[tokio::test]
async fn whoever_may_not_see_it_is_told_what_every_report_tells() {
    let (_database, seed, reporter, key) = two_tenants().await;
    let revoked = seed.key(None).await;
    seed.revoke(&revoked).await;
    let path = format!("reports/dropped?{PERIOD}");
    assert_eq!(reporter.get(&revoked, &path).await.status, StatusCode::UNAUTHORIZED);
    let without_key = reporter.send(reporter.request(Method::GET, &path)).await;
    assert_eq!(without_key.status, StatusCode::UNAUTHORIZED);
    for project in ["theirs", "nobodys"] {
        let answer = reporter.get(&key, &format!("{path}&project_id={project}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.body["error"]["code"], "unknown_project", "{project}");
    }
    let limited = reporter.get(&key, &format!("{path}&limit=3")).await;
    assert_eq!(limited.body["error"]["field"], "limit");
}

#[tokio::test]
async fn past_its_longest_the_list_loses_its_oldest_days() {
    let (_database, seed, reporter, _key) = two_tenants().await;
    seed.sql(
        "insert into projects select 'p' || place, 'P' from generate_series(1, 5001) as place;
         insert into daily_dropped_stats
         select 'p' || place, day, 'gpc', 1 from generate_series(1, 5001) as place,
             unnest(array['2026-06-01', '2026-06-02']::date[]) as day",
    )
    .await;
    let all = seed.key(None).await;
    let longest = reporter.get(&all, "reports/dropped?from=2026-06-01&to=2026-06-02").await.ok();
    let dates: Vec<&str> =
        longest["dropped"].as_array().unwrap().iter().map(|entry| entry["date"].as_str().unwrap()).collect();
    assert_eq!(dates.len(), 10_000);
    assert_eq!(dates.iter().filter(|date| **date == "2026-06-02").count(), 5_001);
}
