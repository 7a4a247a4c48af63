//! What each role may do, by asking the database and by trying.

use testkit::TestDatabase;
use tokio_postgres::Client;

use crate::catalogue::rights_to_write;

/// Runs `statement` as the client's present role, and expects to be forbidden.
async fn assert_forbidden(client: &Client, statement: &str) {
    let refused = client.batch_execute(statement).await.expect_err(statement);
    assert_eq!(refused.code().unwrap().code(), "42501", "{statement}");
}

/// Every table, view and sequence of ours.
async fn relations(client: &Client) -> Vec<String> {
    let sql = "select relname::text from pg_class where relnamespace = 'public'::regnamespace \
               and relkind in ('r', 'p', 'v', 'm', 'S', 'f') order by 1";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn the_collect_role_reads_what_its_snapshot_holds_and_nothing_else() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    let readable = "
        select table_name || '.' || column_name from information_schema.columns
        where table_schema = 'public'
          and has_column_privilege('footfall_collect', format('public.%I', table_name), column_name, 'select')
        order by 1";
    let readable = client.query(readable, &[]).await.unwrap();
    let readable: Vec<&str> = readable.iter().map(|row| row.get(0)).collect();
    assert_eq!(
        readable,
        [
            "ingest_keys.key_id",
            "ingest_keys.project_id",
            "ingest_keys.revoked_at",
            "ingest_keys.secret_sha256",
            "projects.allowed_origins",
            "projects.honour_dnt",
            "projects.honour_gpc",
            "projects.project_id",
            "projects.retired_at",
            "projects_version.version",
        ]
    );
    client.batch_execute("set role footfall_collect").await.unwrap();
    for forbidden in ["select name from projects", "select * from api_keys", "select payload from quarantine"]
    {
        assert_forbidden(&client, forbidden).await;
    }
}

#[tokio::test]
async fn the_collect_role_can_write_nowhere() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    let relations = relations(&client).await;
    assert!(relations.len() > 20, "{relations:?}");
    assert_eq!(rights_to_write(&client, "footfall_collect").await, Vec::<String>::new());
    let functions = "
        select proname::text from pg_proc where pronamespace = 'public'::regnamespace
        and has_function_privilege('footfall_collect', oid, 'execute') order by 1";
    let functions = client.query(functions, &[]).await.unwrap();
    let functions: Vec<&str> = functions.iter().map(|row| row.get(0)).collect();
    assert_eq!(functions, ["longest_text"], "and that one reads nothing");
    client.batch_execute("set role footfall_collect").await.unwrap();
    assert_forbidden(&client, "create table anything ()").await;
    assert_forbidden(&client, "insert into projects (project_id) values ('a')").await;
}

#[tokio::test]
async fn only_the_collect_role_reads_the_keys_of_senders() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    for role in ["footfall_read", "footfall_write"] {
        client.batch_execute(&format!("set role {role}")).await.unwrap();
        assert_forbidden(&client, "select key_id from ingest_keys").await;
        client.batch_execute("reset role").await.unwrap();
    }
}

#[tokio::test]
async fn the_read_role_reads_reports_and_neither_writes_nor_sees_what_is_kept_in_quarantine() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    client.batch_execute("set role footfall_read").await.unwrap();
    for allowed in [
        "select * from analytics_impressions",
        "select * from quarter_hour_stats",
        "select * from quarter_hours",
        "select * from daily_values",
        "select * from daily_visitors",
        "select * from packed_values",
        "select reason from quarantine",
        "select key_id, secret_sha256, all_projects, revoked_at from api_keys",
        "select * from daily_dropped_stats",
        "select * from writer_progress",
    ] {
        client.batch_execute(allowed).await.unwrap();
    }
    for forbidden in [
        "insert into projects values ('a', 'A')",
        "select payload from quarantine",
        "delete from api_keys",
        "delete from writer_progress",
    ] {
        assert_eq!(
            client.batch_execute(forbidden).await.unwrap_err().code().unwrap().code(),
            "42501",
            "{forbidden}"
        );
    }
}
