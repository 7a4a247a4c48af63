//! A project deleted while a batch with its events is stored: either the deletion fails, or the events are in quarantine.
//! Never is there a row without its project, whether or not the writer may spare the foreign-key trigger.

use std::time::Duration;

use testkit::envelopes::{envelope, impression};
use testkit::{Proxy, eventually};
use tokio_postgres::Client;
use uuid::Uuid;
use writer::store::Store;

use crate::support::Bench;

/// How every binary COPY begins.
const COPY_SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// How long one side may take to begin to wait for the other.
const WAITING_LIMIT: Duration = Duration::from_secs(10);
/// What the write role may, but for the parameter: its rights on tables and functions, given to a user by name.
const ALL_BUT_THE_PARAMETER: &str = "
    do $$
    declare
        given record;
    begin
        for given in
            select 'table ' || oid::regclass as what, acl.privilege_type
            from pg_class, aclexplode(relacl) as acl where acl.grantee = 'footfall_write'::regrole
            union
            select 'function ' || oid::regprocedure, acl.privilege_type
            from pg_proc, aclexplode(proacl) as acl where acl.grantee = 'footfall_write'::regrole
        loop
            execute format('grant %s on %s to USER', given.privilege_type, given.what);
        end loop;
    end $$";

/// A store behind a proxy, that logs in as a user with these grants.
struct Writer {
    bench: Bench,
    proxy: Proxy,
    user: String,
}

impl Writer {
    async fn new(grants: &str, may_skip_triggers: bool) -> Self {
        let mut bench = Bench::new().await;
        let proxy = bench.behind_a_proxy().await;
        let user = format!("u{}", Uuid::now_v7().simple());
        let grants = format!("create role {user} login; {}", grants.replace("USER", &user));
        bench.client.batch_execute(&grants).await.unwrap();
        let sql = "select has_parameter_privilege($1, 'session_replication_role', 'set')";
        let may: bool = bench.client.query_one(sql, &[&user]).await.unwrap().get(0);
        assert_eq!(may, may_skip_triggers, "this test needs a user of the other kind");
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(proxy.addr().port()).user(&user).dbname(bench.database.name());
        bench.store = Store::new(config);
        Self { bench, proxy, user }
    }

    /// Roles outlive the test's database.
    async fn end(self) {
        let Self { bench, user, .. } = self;
        drop(bench.store);
        bench.client.batch_execute(&format!("drop owned by {user}; drop role {user}")).await.unwrap();
    }
}

/// Waits until a statement that begins so waits for a lock.
async fn waits_for_a_lock(client: &Client, statement: &str) {
    eventually("the statement waits for a lock", WAITING_LIMIT, async || {
        let sql = "select count(*) from pg_stat_activity where datname = current_database() \
                   and wait_event_type = 'Lock' and starts_with(query, $1)";
        let waiting: i64 = client.query_one(sql, &[&statement]).await.unwrap().get(0);
        (waiting > 0).then_some(())
    })
    .await;
}

async fn a_deletion_that_comes_first(grants: &str, may_skip_triggers: bool) {
    let mut writer = Writer::new(grants, may_skip_triggers).await;
    let mut deleting = writer.bench.database.client().await;
    let deletion = deleting.transaction().await.unwrap();
    deletion.execute("delete from projects where project_id = 'alpha'", &[]).await.unwrap();

    let sent = [envelope("alpha", vec![impression("https://example.com/")])];
    let looking = writer.bench.database.client().await;
    let (receipt, ()) = tokio::join!(writer.bench.store(&sent), async {
        waits_for_a_lock(&looking, "select").await;
        deletion.commit().await.unwrap();
    });

    assert_eq!(receipt.unwrap().impressions, 0);
    assert_eq!(writer.bench.count("analytics_impressions").await, 0);
    assert_eq!(writer.bench.quarantined().await, [("unknown_project".to_owned(), Some(0))]);
    writer.end().await;
}

async fn a_deletion_in_the_middle_of_the_batch(grants: &str, may_skip_triggers: bool) {
    let mut writer = Writer::new(grants, may_skip_triggers).await;
    writer.proxy.hold_client_bytes_at(COPY_SIGNATURE);
    let deleting = writer.bench.database.client().await;
    let looking = writer.bench.database.client().await;

    let sent = [envelope("alpha", vec![impression("https://example.com/")])];
    let (receipt, deleted, ()) = {
        let Writer { bench, proxy, .. } = &mut writer;
        let proxy = &*proxy;
        tokio::join!(
            bench.store(&sent),
            async {
                // The projects are locked, and not a row is loaded yet.
                proxy.held().await;
                deleting.execute("delete from projects where project_id = 'alpha'", &[]).await
            },
            async {
                proxy.held().await;
                waits_for_a_lock(&looking, "delete").await;
                proxy.release();
            }
        )
    };

    assert_eq!(receipt.unwrap().impressions, 1);
    assert_eq!(deleted.unwrap_err().code().unwrap().code(), "23503", "it has rows by now");
    assert_eq!(writer.bench.count("projects where project_id = 'alpha'").await, 1);
    writer.end().await;
}

#[tokio::test]
async fn a_project_deleted_before_its_batch_is_locked_leaves_its_events_in_quarantine() {
    a_deletion_that_comes_first("grant footfall_write to USER", true).await;
}

#[tokio::test]
async fn a_project_deleted_before_its_batch_is_locked_leaves_its_events_in_quarantine_with_triggers_too() {
    a_deletion_that_comes_first(ALL_BUT_THE_PARAMETER, false).await;
}

#[tokio::test]
async fn a_project_whose_batch_is_being_loaded_is_not_deleted() {
    a_deletion_in_the_middle_of_the_batch("grant footfall_write to USER", true).await;
}

#[tokio::test]
async fn a_project_whose_batch_is_being_loaded_is_not_deleted_with_triggers_too() {
    a_deletion_in_the_middle_of_the_batch(ALL_BUT_THE_PARAMETER, false).await;
}
