//! What a key opens, and that nobody learns what lies behind the doors it doesn't.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use testkit::{TestDatabase, eventually};
use time::macros::datetime;

use crate::reporter_under_test::Reporter;
use crate::seed::{HAIFA, Seed};

const NOON: time::OffsetDateTime = datetime!(2026-11-02 12:00 UTC);
/// Longest wait for the reporter to notice that something changed.
const PATIENCE: Duration = Duration::from_secs(20);
const DAY: &str = "from=2026-11-02&to=2026-11-02";

/// Two tenants with one event of each kind, and a key for the first.
async fn two_tenants() -> (TestDatabase, Seed, Reporter, String) {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    for project in ["mine", "theirs"] {
        seed.project(project, project).await;
        seed.impression(project, NOON, Some(HAIFA)).await;
        seed.interaction(project, NOON).await;
    }
    let key = seed.key(Some(&["mine"])).await;
    let reporter = Reporter::start(&database.url()).await;
    (database, seed, reporter, key)
}

#[tokio::test]
async fn whoever_has_no_valid_key_gets_one_and_the_same_answer() {
    let (_database, seed, reporter, key) = two_tenants().await;
    let revoked = seed.key(None).await;
    seed.revoke(&revoked).await;
    let unknown = format!("ffk_{}_{}", "0".repeat(12), "0".repeat(64));
    let other_secret = format!("{}{}", &key[..17], "0".repeat(64));
    let headers = [
        None,
        Some("Bearer".to_owned()),
        Some("Bearer nonsense".to_owned()),
        Some(format!("Basic {key}")),
        Some(format!("Bearer {unknown}")),
        Some(format!("Bearer {other_secret}")),
        Some(format!("Bearer {revoked}")),
    ];
    for header in headers {
        // A bad query and a foreign project must not shine through either.
        for path in ["reports/overview", "reports/overview?project_id=theirs", "reports/overview?nonsense=1"]
        {
            let mut request = reporter.request(Method::GET, path);
            if let Some(header) = &header {
                request = request.header("authorization", header);
            }
            let answer = reporter.send(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{header:?}");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
            assert_eq!(
                answer.body.to_string(),
                r#"{"error":{"code":"unauthorized","message":"send a valid key, as Authorization: Bearer ffk_…, or use a share link that has not ended"}}"#
            );
        }
    }
    reporter.get(&key, "reports/overview").await.ok();
}

#[tokio::test]
async fn a_key_sees_its_projects_and_no_others_in_every_report() {
    let (_database, _seed, reporter, key) = two_tenants().await;
    let overview = reporter.get(&key, &format!("reports/overview?{DAY}&compare=previous")).await.ok();
    assert_eq!(overview["interactions"]["total"], 1);
    assert_eq!(overview["impressions"]["total"], 1);
    assert_eq!(overview["impressions_by_location"][0]["impressions"], 1);
    assert!(!overview.to_string().contains("theirs"), "{overview}");
    let hours = reporter.get(&key, &format!("reports/impressions?{DAY}&interval=hour")).await.ok();
    assert_eq!(hours["total"], 1);
    let next_day = "reports/impressions?from=2026-11-03&to=2026-11-03&compare=previous";
    assert_eq!(reporter.get(&key, next_day).await.ok()["previous"], 1);
}

#[tokio::test]
async fn a_foreign_project_and_one_that_does_not_exist_are_told_apart_by_nothing() {
    let (_database, seed, reporter, key) = two_tenants().await;
    let mut bodies = Vec::new();
    for project in ["project_id=theirs", "project_id=nobodys", "project_id=mine&project_id=theirs"] {
        let answer = reporter.get(&key, &format!("reports/overview?{DAY}&{project}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.body["error"]["code"], "unknown_project");
        assert_eq!(answer.body["error"]["field"], "project_id");
        bodies.push(answer.body);
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:?}");
    // For a key that sees all, what does not exist is as unknown.
    let all = seed.key(None).await;
    assert_eq!(reporter.get(&all, "reports/overview?project_id=nobodys").await.body, bodies[0]);
    reporter.get(&all, "reports/overview?project_id=theirs").await.ok();
}

#[tokio::test]
async fn a_key_without_projects_sees_nothing() {
    let (_database, seed, reporter, _key) = two_tenants().await;
    let empty = seed.key(Some(&[])).await;
    let overview = reporter.get(&empty, &format!("reports/overview?{DAY}")).await.ok();
    assert_eq!(overview["impressions"]["total"], 0);
    assert_eq!(overview["impressions_by_location"], serde_json::json!([]));
}

#[tokio::test]
async fn a_revoked_key_is_refused_as_soon_as_what_was_known_of_it_is_forgotten() {
    let (_database, seed, reporter, key) = two_tenants().await;
    reporter.get(&key, "reports/overview").await.ok();
    seed.revoke(&key).await;
    eventually("the key to be refused", PATIENCE, async || {
        let answer = reporter.get(&key, "reports/overview").await;
        (answer.status == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
}
