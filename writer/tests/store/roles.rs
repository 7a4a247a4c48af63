//! The writer as a plain user with the write role, with and without the grant that spares the foreign-key trigger.

use shared::envelope::DropReason;
use testkit::envelopes::{dropped, envelope, impression};
use testkit::recount::assert_rollups_equal_a_recount;
use uuid::Uuid;
use writer::store::Store;

use crate::support::Bench;

/// A bench whose store logs in as a new user that `grants` are given to.
async fn bench_as_user(grants: &str) -> (Bench, String) {
    let mut bench = Bench::new().await;
    let user = format!("u{}", Uuid::now_v7().simple());
    bench
        .client
        .batch_execute(&format!("create role {user} login; {}", grants.replace("USER", &user)))
        .await
        .unwrap();
    let mut config: tokio_postgres::Config = bench.database.url().parse().unwrap();
    config.user(&user);
    bench.store = Store::new(config);
    (bench, user)
}

/// Roles outlive the test's database.
async fn drop_user(bench: &Bench, user: &str) {
    bench.client.batch_execute(&format!("drop owned by {user}; drop role {user}")).await.unwrap();
}

#[tokio::test]
async fn the_write_role_may_store_a_batch_and_no_more() {
    let (mut bench, user) = bench_as_user("grant footfall_write to USER").await;
    let unknown = envelope("nobody", vec![impression("https://example.com/")]);

    let sent = [
        envelope("alpha", vec![impression("https://example.com/")]),
        unknown,
        dropped("alpha", DropReason::Gpc, 1),
    ];
    let receipt = bench.store(&sent).await.unwrap();

    assert_eq!(receipt.impressions, 1);
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 0));
    for forbidden in [
        "delete from analytics_impressions",
        "update projects set name = 'x'",
        "delete from ingest_ledger",
        "delete from daily_dropped_stats",
    ] {
        let refused = bench.client.batch_execute(&format!("set role {user}; {forbidden}")).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{forbidden}");
        bench.client.batch_execute("reset role").await.unwrap();
    }
    drop_user(&bench, &user).await;
}

#[tokio::test]
async fn without_the_grant_on_the_parameter_a_batch_is_stored_all_the_same() {
    let grants = "
        grant select on projects to USER;
        grant select, insert on analytics_impressions, analytics_events, ingest_ledger, quarantine to USER;
        grant insert on rollup_deltas to USER;
        grant select, insert, update
            on daily_analytics_stats, quarter_hour_stats, daily_dropped_stats, writer_heartbeat to USER;
        grant execute on function lock_projects_with_rules, ledger_kept_from to USER";
    let (mut bench, user) = bench_as_user(grants).await;
    let sql = "select has_parameter_privilege($1, 'session_replication_role', 'set')";
    let may: bool = bench.client.query_one(sql, &[&user]).await.unwrap().get(0);
    assert!(!may, "this test needs a user without the grant");

    let unknown = envelope("nobody", vec![impression("https://example.com/")]);
    let sent = [
        envelope("alpha", vec![impression("https://example.com/")]),
        unknown,
        dropped("nobody", DropReason::Gpc, 1),
    ];
    bench.store(&sent).await.unwrap();

    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 0));
    assert_eq!(bench.quarantined().await, [("unknown_project".to_owned(), Some(0))]);
    drop_user(&bench, &user).await;
}
