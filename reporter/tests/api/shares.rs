//! What a share link opens, to whom, and for how long.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use shared::secret_key::{MintedKey, SHARE_PREFIX};
use testkit::{TestDatabase, eventually};
use time::macros::datetime;

use crate::reporter_under_test::{Answer, Reporter};
use crate::seed::{HAIFA, Seed};

/// Longest wait for the reporter to notice that something changed.
const PATIENCE: Duration = Duration::from_secs(20);
const DAY: &str = "from=2026-11-02&to=2026-11-02";

/// A share link of these projects, made for a key where one is named; `ends` is an expression for when it expires.
pub(crate) async fn share(seed: &Seed, projects: &[&str], key: Option<&str>, ends: &str) -> String {
    let share = MintedKey::mint(SHARE_PREFIX).unwrap();
    let hash: String = share.secret_sha256().iter().map(|byte| format!("{byte:02x}")).collect();
    let (id, key) = (share.key_id(), key.map_or("null".to_owned(), |key| format!("'{}'", &key[4..16])));
    seed.sql(&format!(
        "insert into shares (share_id, name, secret_sha256, key_id, created_at, expires_at)
         values ('{id}', 'test', '\\x{hash}', {key}, now() - interval '1 day', {ends})"
    ))
    .await;
    for project in projects {
        seed.sql(&format!("insert into share_projects values ('{id}', '{project}')")).await;
    }
    share.text()
}

/// Ends a share link before its time.
pub(crate) async fn revoke(seed: &Seed, share: &str) {
    seed.sql(&format!("update shares set revoked_at = now() where share_id = '{}'", &share[4..16])).await;
}

/// Three projects, each with one impression.
async fn started() -> (TestDatabase, Seed, Reporter) {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    for project in ["mine", "ours", "theirs"] {
        seed.project(project, project).await;
        seed.impression(project, datetime!(2026-11-02 12:00 UTC), Some(HAIFA)).await;
    }
    let reporter = Reporter::start(&database.url()).await;
    (database, seed, reporter)
}

async fn by_link(reporter: &Reporter, share: &str, path: &str) -> Answer {
    let join = if path.contains('?') { '&' } else { '?' };
    reporter.send(reporter.request(Method::GET, &format!("{path}{join}share={share}"))).await
}

/// Waits until the share's total of impressions is `total`, or it is refused where that is `None`.
async fn total_becomes(reporter: &Reporter, share: &str, total: Option<u64>) {
    eventually("what the share sees to change", PATIENCE, async || {
        let answer = by_link(reporter, share, &format!("reports/impressions?{DAY}")).await;
        let seen = match answer.status {
            StatusCode::UNAUTHORIZED => None,
            _ => Some(answer.ok()["total"].as_u64().unwrap()),
        };
        (seen == total).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_share_opens_the_reports_of_its_projects_by_header_and_by_link() {
    let (_database, seed, reporter) = started().await;
    let share = share(&seed, &["mine", "ours"], None, "null").await;
    let path = format!("reports/impressions-by-widget?{DAY}");
    let by_header = reporter.get(&share, &path).await;
    let by_link = by_link(&reporter, &share, &path).await;
    // Whoever follows a link from the page that was opened by one must not carry it along.
    assert_eq!(by_link.header("referrer-policy"), "no-referrer");
    let (by_header, by_link) = (by_header.ok().to_string(), by_link.ok().to_string());
    assert_eq!(by_header, by_link);
    assert!(by_link.contains("mine") && by_link.contains("ours") && !by_link.contains("theirs"), "{by_link}");
}

#[tokio::test]
async fn a_share_names_no_project_of_another() {
    let (_database, seed, reporter) = started().await;
    let share = share(&seed, &["mine"], None, "null").await;
    let asked = async |project: &str| {
        by_link(&reporter, &share, &format!("reports/overview?{DAY}&project_id={project}")).await
    };
    asked("mine").await.ok();
    let (foreign, missing) = (asked("theirs").await, asked("nobodys").await);
    assert_eq!((foreign.status, foreign.body), (StatusCode::NOT_FOUND, missing.body));
}

#[tokio::test]
async fn a_share_opens_no_receipts_and_says_so_of_any_envelope() {
    let (_database, seed, reporter) = started().await;
    let share = share(&seed, &["mine"], None, "null").await;
    for id in ["01932f6e-0000-7000-8000-000000000001", "nonsense"] {
        let answer = by_link(&reporter, &share, &format!("receipts/{id}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.body["error"]["code"], "not_shared");
    }
}

#[tokio::test]
async fn a_share_ends_when_it_is_revoked_and_when_it_expires() {
    let (_database, seed, reporter) = started().await;
    let share_until = async |ends: &str| share(&seed, &["mine"], None, ends).await;
    let revoked = share_until("null").await;
    total_becomes(&reporter, &revoked, Some(1)).await;
    revoke(&seed, &revoked).await;
    total_becomes(&reporter, &revoked, None).await;
    let expiring = share_until("now() + interval '3 seconds'").await;
    total_becomes(&reporter, &expiring, None).await;
    let later = share_until("now() + interval '1 day'").await;
    total_becomes(&reporter, &later, Some(1)).await;
}

#[tokio::test]
async fn a_share_sees_no_more_than_the_key_it_was_made_for_and_ends_with_it() {
    let (_database, seed, reporter) = started().await;
    let key = seed.key(Some(&["mine", "ours"])).await;
    let share = share(&seed, &["mine", "ours", "theirs"], Some(&key), "null").await;
    total_becomes(&reporter, &share, Some(2)).await;
    seed.sql(&format!(
        "delete from api_key_projects where key_id = '{}' and project_id = 'ours'",
        &key[4..16]
    ))
    .await;
    total_becomes(&reporter, &share, Some(1)).await;
    seed.revoke(&key).await;
    total_becomes(&reporter, &share, None).await;
}
