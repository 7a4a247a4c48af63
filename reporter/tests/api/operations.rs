//! Headers, metrics, the end of the process.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use testkit::{TestDatabase, eventually};

use crate::reporter_under_test::Reporter;
use crate::seed::Seed;

#[tokio::test]
async fn only_reports_may_be_kept_and_nothing_may_be_sniffed() {
    let database = TestDatabase::create().await;
    let key = Seed::of(&database).await.key(None).await;
    let reporter = Reporter::start(&database.url()).await;
    for (key, path, kept) in [
        (key.as_str(), "reports/overview", "private, no-cache"),
        ("none", "reports/overview", "private, no-store"),
        (&key, "reports/overview?tz=Mars", "private, no-store"),
        (&key, "receipts/01932f6e-0000-7000-8000-000000000001", "private, no-store"),
        ("none", "nowhere", "private, no-store"),
    ] {
        let answer = reporter.get(key, path).await;
        assert_eq!(answer.header("cache-control"), kept, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
    }
}

#[tokio::test]
async fn metrics_know_routes_and_no_raw_path() {
    let database = TestDatabase::create().await;
    let key = Seed::of(&database).await.key(None).await;
    let reporter = Reporter::start(&database.url()).await;
    reporter.get(&key, "reports/overview?project_id=sesame").await;
    reporter.get(&key, "receipts/01932f6e-0000-7000-8000-000000000001").await;
    reporter.get(&key, "sesame").await;
    reporter.get(&key, "reports/overview").await.ok();
    let (_, metrics) = reporter.ops("/metrics").await;
    for line in [
        r#"footfall_reporter_requests_total{route="/v1/reports/overview",status="2xx"} 1"#,
        r#"footfall_reporter_requests_total{route="/v1/reports/overview",status="4xx"} 1"#,
        r#"footfall_reporter_requests_total{route="/v1/receipts/{envelope_id}",status="4xx"} 1"#,
        r#"footfall_reporter_requests_total{route="unmatched",status="4xx"} 1"#,
        r#"footfall_reporter_request_seconds_count{route="/v1/reports/overview"} 2"#,
        "process_resident_memory_bytes",
    ] {
        assert!(metrics.contains(line), "{line} is missing in {metrics}");
    }
    assert!(!metrics.contains("sesame"));
}

#[tokio::test]
async fn once_told_to_stop_it_ends_well_and_listens_no_more() {
    let database = TestDatabase::create().await;
    let reporter = Reporter::start(&database.url()).await;
    eventually("readiness", Duration::from_secs(10), async || {
        (reporter.ops("/readyz").await.0 == StatusCode::OK).then_some(())
    })
    .await;
    let (public_addr, ops_addr) = (reporter.public_addr, reporter.ops_addr);
    reporter.stop().await.unwrap();
    for addr in [public_addr, ops_addr] {
        assert!(std::net::TcpStream::connect(addr).is_err(), "{addr} still listens");
    }
}

#[tokio::test]
async fn a_question_under_way_at_the_end_is_still_answered() {
    let database = TestDatabase::create().await;
    let (seed, watcher) = (Seed::of(&database).await, Seed::of(&database).await);
    let key = seed.key(None).await;
    let reporter = Reporter::start(&database.url()).await;
    let public_addr = reporter.public_addr;
    seed.sql("begin; lock table quarter_hour_stats in access exclusive mode").await;
    let question = reporter.request(Method::GET, "reports/overview").bearer_auth(&key).send();
    let (answer, ended) = tokio::join!(question, async {
        watcher.reporter_is_blocked().await;
        let stopping = tokio::spawn(reporter.stop());
        eventually("the listener to close", Duration::from_secs(10), async || {
            std::net::TcpStream::connect(public_addr).is_err().then_some(())
        })
        .await;
        seed.sql("rollback").await;
        stopping.await.unwrap()
    });
    assert_eq!(answer.unwrap().status(), StatusCode::OK);
    ended.unwrap();
}

#[tokio::test]
async fn it_reads_in_the_role_that_its_url_names() {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    let key = seed.key(None).await;
    let reporter = Reporter::start(&database.url()).await;
    reporter.get(&key, "reports/interactions").await.ok();
    seed.sql("revoke select on quarter_hour_stats from footfall_read").await;
    let answer = reporter.get(&key, "reports/interactions").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
}
