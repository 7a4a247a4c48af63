//! The API's description of itself: for machines and for people, and true of what is asked.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::Value;
use testkit::TestDatabase;

use crate::reporter_under_test::Reporter;
use crate::routes;
use crate::seed::Seed;

/// Reports whose answer does not end.
const ENDLESS: [&str; 1] = ["/v1/reports/live"];
/// All of this comes from one network.
const UNLIMITED: &[(&str, &str)] =
    &[("FOOTFALL_KEY_REQUESTS_PER_S", "0"), ("FOOTFALL_STRANGER_REQUESTS_PER_S", "0")];

/// Everything that some report takes, with a value that it would take.
const PARAMETERS: [(&str, &str); 17] = [
    ("from", "2026-11-01"),
    ("to", "2026-11-03"),
    ("tz", "Asia/Kathmandu"),
    ("project_id", "bot"),
    ("interval", "day"),
    ("compare", "previous"),
    ("format", "json"),
    ("limit", "7"),
    ("cluster", "place"),
    ("country", "IL"),
    ("city", "Haifa"),
    ("page", "example.com/"),
    ("referrer", "example.com"),
    ("device", "mobile"),
    ("browser", "Firefox"),
    ("event_type", "open_chat"),
    ("label", "Booking"),
];

async fn reporter() -> (TestDatabase, String, Reporter) {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    seed.project("bot", "Bot").await;
    let key = seed.key(None).await;
    let reporter = Reporter::start_with(&database.url(), UNLIMITED).await;
    (database, key, reporter)
}

/// `GET` without a key of a path that is not under `/v1/`.
async fn public(reporter: &Reporter, path: &str) -> reqwest::Response {
    reqwest::get(format!("http://{}{path}", reporter.public_addr)).await.unwrap()
}

#[tokio::test]
async fn the_document_is_answered_to_anybody_as_it_is_in_the_folder() {
    let (_database, _key, reporter) = reporter().await;

    let answer = public(&reporter, "/openapi.json").await;

    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let is_the_same = answer.text().await.unwrap() == include_str!("../../openapi.json");
    assert!(is_the_same, "reporter/openapi.json is not what is answered");
}

#[tokio::test]
async fn the_page_needs_no_script_and_nothing_from_elsewhere() {
    let (_database, _key, reporter) = reporter().await;

    let answer = public(&reporter, "/docs").await;

    assert_eq!(answer.status(), StatusCode::OK);
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
    assert!(!policy.contains("http") && !policy.contains("unsafe"), "{policy}");
    let page = answer.text().await.unwrap();
    for foreign in ["<script", "http:", "https:", "src=", "style=", "@import"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    for route in routes::routes() {
        assert!(page.contains(&format!("GET {route}")), "{route} is not on the page");
    }
    let style = public(&reporter, "/docs/style.css").await;
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
    assert!(page.contains("href=\"/docs/style.css\""));
}

#[tokio::test]
async fn a_report_takes_the_parameters_that_the_document_names_and_no_other() {
    let (_database, key, reporter) = reporter().await;
    let document: Value = public(&reporter, "/openapi.json").await.json().await.unwrap();
    let mut reports = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(report) = path.strip_prefix("/v1/").filter(|path| path.starts_with("reports/")) else {
            continue;
        };
        if ENDLESS.contains(&path.as_str()) {
            continue;
        }
        reports += 1;
        let named = parameters(&document, &item["get"]);
        let needed = if named.contains("dimension") { "dimension=page&" } else { "" };
        for (name, value) in PARAMETERS {
            let answer = reporter.get(&key, &format!("{report}?{needed}{name}={value}")).await;
            let message = answer.body["error"]["message"].as_str().unwrap_or_default();
            let is_taken =
                !message.contains("has no such parameter") && !message.contains("comes as JSON alone");
            assert_eq!(is_taken, named.contains(name), "{path} {name}: {message}");
        }
    }
    assert_eq!(reports, 12);
}

/// The names of an operation's parameters.
fn parameters(document: &Value, operation: &Value) -> BTreeSet<String> {
    let all = operation["parameters"].as_array().unwrap().iter();
    let resolved = all.map(|parameter| match parameter["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => parameter,
    });
    resolved.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
}
