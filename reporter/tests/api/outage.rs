//! Postgres away, cut off, silent or slow: a 503 in bounded time, and answers again without a restart.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use testkit::{Proxy, TestDatabase, eventually};

use crate::reporter_under_test::{Answer, Reporter};
use crate::routes::{address, routes};
use crate::seed::Seed;

/// Longest wait for the reporter to notice that something changed.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longest any answer may take: a connection, a statement, and the slack of both.
const ANSWER_LIMIT: Duration = Duration::from_secs(8);

/// So that a connection in trouble can't be passed by.
const ONE_CONNECTION: &[(&str, &str)] =
    &[("FOOTFALL_HTTP_WORKERS", "1"), ("FOOTFALL_DATABASE_CONNECTIONS", "1")];

/// A reporter with one connection, which goes through a proxy.
async fn behind_a_proxy(reachable: bool) -> (TestDatabase, Proxy, Reporter, String) {
    let database = TestDatabase::create().await;
    let key = Seed::of(&database).await.key(None).await;
    let target: tokio_postgres::Config = database.url().parse().unwrap();
    let tokio_postgres::config::Host::Tcp(host) = &target.get_hosts()[0] else {
        panic!("Postgres is not on TCP")
    };
    let proxy = Proxy::start(format!("{host}:{}", target.get_ports()[0])).await.unwrap();
    proxy.refuse(!reachable);
    let (user, name) = (target.get_user().unwrap(), database.name());
    let password = target.get_password().map(|password| String::from_utf8_lossy(password).into_owned());
    let url = format!("postgres://{user}:{}@{}/{name}", password.unwrap_or_default(), proxy.addr());
    let reporter = Reporter::start_with(&url, ONE_CONNECTION).await;
    (database, proxy, reporter, key)
}

async fn readyz_becomes(reporter: &Reporter, status: StatusCode) {
    eventually("readiness to change", PATIENCE, async || {
        (reporter.ops("/readyz").await.0 == status).then_some(())
    })
    .await;
}

fn assert_unavailable(answer: &Answer, asked: Instant) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
    assert_eq!(answer.header("retry-after"), "2");
    assert!(asked.elapsed() < ANSWER_LIMIT, "took {:?}", asked.elapsed());
}

#[tokio::test]
async fn it_starts_without_postgres_and_answers_once_it_is_there() {
    let (_database, proxy, reporter, key) = behind_a_proxy(false).await;
    let asked = Instant::now();
    let answer = reporter.get(&key, "reports/overview").await;
    assert_unavailable(&answer, asked);
    assert_eq!(answer.body["error"]["code"], "unavailable");
    readyz_becomes(&reporter, StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(reporter.ops("/livez").await.0, StatusCode::OK);
    let (_, metrics) = reporter.ops("/metrics").await;
    assert!(metrics.contains(r#"footfall_reporter_database_errors_total{kind="away"} 1"#), "{metrics}");

    proxy.refuse(false);
    reporter.get(&key, "reports/overview").await.ok();
    readyz_becomes(&reporter, StatusCode::OK).await;
}

#[tokio::test]
async fn a_connection_that_was_cut_is_replaced_before_anyone_notices() {
    let (_database, proxy, reporter, key) = behind_a_proxy(true).await;
    for _ in 0..3 {
        reporter.get(&key, "reports/overview").await.ok();
        proxy.cut();
    }
}

#[tokio::test]
async fn a_silent_database_is_given_up_in_time_and_found_again() {
    let (_database, proxy, reporter, key) = behind_a_proxy(true).await;
    reporter.get(&key, "reports/overview").await.ok();
    readyz_becomes(&reporter, StatusCode::OK).await;

    proxy.hold_server_bytes();
    let asked = Instant::now();
    assert_unavailable(&reporter.get(&key, "reports/overview").await, asked);
    readyz_becomes(&reporter, StatusCode::SERVICE_UNAVAILABLE).await;

    proxy.release();
    eventually("an answer", PATIENCE, async || {
        (reporter.get(&key, "reports/overview").await.status == StatusCode::OK).then_some(())
    })
    .await;
    readyz_becomes(&reporter, StatusCode::OK).await;
}

#[tokio::test]
async fn no_route_waits_for_a_database_that_says_nothing_more() {
    let (_database, proxy, reporter, key) = behind_a_proxy(true).await;
    reporter.get(&key, "reports/overview").await.ok();
    proxy.hold_server_bytes();
    // Whoever is remembered, and whoever is still to be looked up.
    let unknown = format!("ffk_{}_{}", "0".repeat(12), "0".repeat(64));
    let asked = Instant::now();
    let routes: Vec<String> =
        routes().iter().map(|route| address(route, "01932f6e-0000-7000-8000-000000000001", "")).collect();
    let requests = routes.iter().flat_map(|path| [(path, &key), (path, &unknown)]);
    let answers = requests.map(async |(path, key)| (path, reporter.get(key, path).await));
    for (path, answer) in futures_util::future::join_all(answers).await {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}: {}", answer.body);
        assert_unavailable(&answer, asked);
    }
    proxy.release();
    eventually("an answer", PATIENCE, async || {
        (reporter.get(&key, "reports/overview").await.status == StatusCode::OK).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_and_says_so() {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    let key = seed.key(None).await;
    let settings = &[("FOOTFALL_STATEMENT_TIMEOUT_MS", "200")];
    let reporter = Reporter::start_with(&database.url(), settings).await;
    seed.sql("begin; lock table quarter_hour_stats in access exclusive mode").await;
    let asked = Instant::now();
    let answer = reporter.get(&key, "reports/overview").await;
    assert_unavailable(&answer, asked);
    assert_eq!(answer.body["error"]["code"], "too_slow");

    seed.sql("rollback").await;
    reporter.get(&key, "reports/overview").await.ok();
}

#[tokio::test]
async fn more_questions_than_connections_wait_their_turn_or_are_told_to_come_back() {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    let key = seed.key(None).await;
    let reporter = Reporter::start_with(&database.url(), ONE_CONNECTION).await;
    seed.sql("begin; lock table quarter_hour_stats in access exclusive mode").await;
    let asked = Instant::now();
    let (first, second) =
        tokio::join!(reporter.get(&key, "reports/overview"), reporter.get(&key, "reports/overview"));
    let mut codes = [&first, &second].map(|answer| answer.body["error"]["code"].as_str().unwrap().to_owned());
    codes.sort();
    assert_eq!(codes, ["too_slow", "unavailable"]);
    assert_unavailable(&second, asked);
}

#[tokio::test]
async fn a_table_that_is_missing_is_our_fault_and_its_name_stays_inside() {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    let key = seed.key(None).await;
    let reporter = Reporter::start(&database.url()).await;
    seed.sql("drop table quarter_hour_stats cascade").await;
    let answer = reporter.get(&key, "reports/overview").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.body["error"]["code"], "internal");
    assert!(!answer.body.to_string().contains("quarter_hour_stats"), "{}", answer.body);
}

#[tokio::test]
async fn a_migration_under_its_feet_costs_at_most_one_answer() {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    let key = seed.key(None).await;
    let reporter = Reporter::start_with(&database.url(), ONE_CONNECTION).await;
    reporter.get(&key, "reports/top-widgets").await.ok();
    // A prepared statement refuses to answer another type than it promised; only a new connection helps.
    seed.sql("alter table projects alter column name type varchar(200)").await;
    let answer = reporter.get(&key, "reports/top-widgets").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    reporter.get(&key, "reports/top-widgets").await.ok();
}
