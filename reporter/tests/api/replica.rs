//! A streaming standby instead of the primary: the same answers, and a 503 where the two get in each other's way.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use testkit::{PostgresServer, TestDatabase, eventually};
use time::macros::datetime;
use tokio_postgres::{Client, NoTls};

use crate::reporter_under_test::{Answer, Reporter};
use crate::routes::{address, routes};
use crate::seed::{HAIFA, Seed};

/// Longest wait for the standby to follow, or for a statement to be blocked.
const PATIENCE: Duration = Duration::from_secs(20);
/// A statement may wait longer than the standby lets it.
const PATIENT: &[(&str, &str)] = &[("FOOTFALL_STATEMENT_TIMEOUT_MS", "20000")];
const ENVELOPE: &str = "01932f6e-0000-7000-8000-000000000001";

/// A primary with an impression, and a standby that lets no reader hold it up.
struct Pair {
    database: TestDatabase,
    seed: Seed,
    key: String,
    standby: PostgresServer,
    _primary: PostgresServer,
}

impl Pair {
    async fn start() -> Self {
        let primary = PostgresServer::start_temporary().await.unwrap();
        let database = TestDatabase::on(&primary.url()).await;
        let seed = Seed::of(&database).await;
        seed.project("bot", "Bot").await;
        seed.impression("bot", datetime!(2026-11-02 12:00 UTC), Some(HAIFA)).await;
        seed.sql(&format!(
            "insert into ingest_ledger
                 (envelope_id, project_id, events_hash, stored_count, quarantined_count, received_at, committed_at)
             values ('{ENVELOPE}', 'bot', '\\x00', 1, 0, '2026-11-02 12:00Z', '2026-11-02 12:00:01Z')"
        ))
        .await;
        let key = seed.key(None).await;
        seed.sql("alter system set max_standby_streaming_delay = 0").await;
        seed.sql("create role reporter login in role footfall_read").await;
        let standby = primary.start_standby().await.unwrap();
        Self { database, seed, key, standby, _primary: primary }
    }

    /// The standby, as a login that may read and nothing else.
    fn reporter_url(&self) -> String {
        format!("postgres://reporter@127.0.0.1:{}/{}", self.standby.port(), self.database.name())
    }

    async fn standby_client(&self) -> Client {
        let url = self.standby.database_url(self.database.name());
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// Locks a table on the primary until `rollback`, and waits until the standby has the lock.
    async fn lock(&self, owner: &Client, table: &str) {
        owner.batch_execute(&format!("begin; lock table {table} in access exclusive mode")).await.unwrap();
        self.send_all().await;
        let standby = self.standby_client().await;
        let held = format!(
            "select from pg_locks where relation = '{table}'::regclass and mode = 'AccessExclusiveLock' and granted"
        );
        eventually("the standby to follow", PATIENCE, async || {
            (!standby.query(&held, &[]).await.unwrap().is_empty()).then_some(())
        })
        .await;
    }

    /// Sends the standby what was done so far: without a commit nobody hurries.
    async fn send_all(&self) {
        self.seed.sql("select pg_switch_wal()").await;
    }

    /// Waits until a reporter waits on the standby.
    async fn reporter_is_blocked(&self) {
        let standby = self.standby_client().await;
        let blocked = "select from pg_stat_activity where application_name = 'footfall-reporter' and wait_event_type = 'Lock'";
        eventually("a blocked statement", PATIENCE, async || {
            (!standby.query(blocked, &[]).await.unwrap().is_empty()).then_some(())
        })
        .await;
    }
}

fn assert_come_back(answer: &Answer, code: &str) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
    assert_eq!(answer.body["error"]["code"], code);
    assert_eq!(answer.header("retry-after"), "2");
}

#[tokio::test]
async fn a_standby_answers_every_route_to_a_login_that_may_only_read_and_follows_its_primary() {
    let pair = Pair::start().await;
    let reporter = Reporter::start(&pair.reporter_url()).await;
    for route in routes().iter().filter(|route| !route.ends_with("/live")) {
        reporter.get(&pair.key, &address(route, ENVELOPE, "")).await.ok();
    }
    let live = reporter.request(Method::GET, "reports/live").bearer_auth(&pair.key);
    let (mut live, mut told) = (live.send().await.unwrap(), String::new());
    while !told.contains("event: now") {
        told.push_str(std::str::from_utf8(&live.chunk().await.unwrap().expect("it goes on")).unwrap());
    }
    let vouched = "insert into writer_progress (writer_id, reported_at, complete_until, waiting_messages)
                   values (gen_random_uuid(), now() + interval '1 hour', '2026-11-02 12:00Z', 7)";
    pair.seed.sql(vouched).await;
    pair.seed.impression("bot", datetime!(2026-11-02 12:00 UTC), Some(HAIFA)).await;
    eventually("the standby to have the second impression", PATIENCE, async || {
        let path = "reports/impressions?from=2026-11-02&to=2026-11-02";
        let answer = reporter.get(&pair.key, path).await.ok();
        let fresh = &answer["fresh"];
        let is_fresh = fresh["waiting_messages"] == 7 && fresh["complete_until"] == "2026-11-02T12:00:00Z";
        (answer["total"] == 2 && is_fresh).then_some(())
    })
    .await;
    pair.seed.revoke(&pair.key).await;
    eventually("the standby to know of the revocation", PATIENCE, async || {
        let answer = reporter.get(&pair.key, "reports/dropped").await;
        (answer.status == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_a_standby_gives_up_for_its_primary_is_to_be_asked_again() {
    let pair = Pair::start().await;
    let reporter = Reporter::start_with(&pair.reporter_url(), PATIENT).await;
    let (first, second) = (pair.database.client().await, pair.database.client().await);
    pair.lock(&first, "quarter_hour_stats").await;
    // The question has read of projects by the time it waits.
    let path = "reports/overview?project_id=bot";
    let asked = reporter.get(&pair.key, path);
    let in_the_way = async {
        pair.reporter_is_blocked().await;
        pair.lock(&second, "projects").await;
    };
    let (answer, ()) = tokio::join!(asked, in_the_way);
    assert_come_back(&answer, "unavailable");
    let (_, metrics) = reporter.ops("/metrics").await;
    assert!(metrics.contains(r#"footfall_reporter_database_errors_total{kind="conflict"} 1"#), "{metrics}");
    for owner in [first, second] {
        owner.batch_execute("rollback").await.unwrap();
    }
    pair.send_all().await;
    reporter.get(&pair.key, path).await.ok();
}

#[tokio::test]
async fn what_waits_too_long_on_a_standby_is_to_be_asked_again() {
    let pair = Pair::start().await;
    let reporter =
        Reporter::start_with(&pair.reporter_url(), &[("FOOTFALL_STATEMENT_TIMEOUT_MS", "200")]).await;
    let owner = pair.database.client().await;
    pair.lock(&owner, "quarter_hour_stats").await;
    assert_come_back(&reporter.get(&pair.key, "reports/overview").await, "too_slow");
}
