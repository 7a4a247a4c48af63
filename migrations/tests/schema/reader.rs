//! Share links, and that the role of those who answer dashboards reads what that takes, and no more.

use testkit::TestDatabase;

use crate::catalogue::{columns, foreign_keys, indexes, rights_to_write};

#[tokio::test]
async fn a_share_has_an_end_and_its_projects_and_goes_with_its_key() {
    let database = TestDatabase::create().await;
    let client = database.client().await;

    assert_eq!(
        columns(&client, "shares").await,
        [
            "share_id text not-null",
            "name text not-null",
            "secret_sha256 bytea not-null",
            "key_id text",
            "created_at timestamp with time zone not-null default now()",
            "expires_at timestamp with time zone",
            "revoked_at timestamp with time zone",
        ]
    );
    assert_eq!(indexes(&client, "shares").await, ["key_id", "primary share_id"]);
    assert_eq!(
        foreign_keys(&client, "shares").await,
        ["FOREIGN KEY (key_id) REFERENCES api_keys(key_id) ON DELETE CASCADE"]
    );
    assert_eq!(
        columns(&client, "share_projects").await,
        ["share_id text not-null", "project_id text not-null"]
    );
    assert_eq!(indexes(&client, "share_projects").await, ["primary share_id, project_id"]);
}

#[tokio::test]
async fn the_read_role_can_write_nowhere_and_call_nothing_that_does() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    assert_eq!(rights_to_write(&client, "footfall_read").await, Vec::<String>::new());
    // Functions that run as their owner are the only other way.
    let functions = "
        select proname::text from pg_proc
        where pronamespace = 'public'::regnamespace and prosecdef and has_function_privilege('footfall_read', oid, 'execute')
        order by 1";
    let functions = client.query(functions, &[]).await.unwrap();
    let functions: Vec<&str> = functions.iter().map(|row| row.get(0)).collect();
    assert_eq!(functions, Vec::<&str>::new());
    client.batch_execute("set role footfall_read").await.unwrap();
    for forbidden in
        ["create table anything ()", "create temporary table anything (a int); drop table projects"]
    {
        let refused = client.batch_execute(forbidden).await.expect_err(forbidden);
        assert_eq!(refused.code().unwrap().code(), "42501", "{forbidden}");
    }
}

#[tokio::test]
async fn the_read_role_reads_of_keys_what_it_takes_to_ask_for_one_and_of_senders_keys_nothing() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    let readable = "
        select table_name || '.' || column_name from information_schema.columns
        where table_schema = 'public'
          and table_name in ('api_keys', 'api_key_projects', 'shares', 'share_projects', 'ingest_keys', 'projects_version')
          and has_column_privilege('footfall_read', format('public.%I', table_name), column_name, 'select')
        order by 1";
    let readable = client.query(readable, &[]).await.unwrap();
    let readable: Vec<&str> = readable.iter().map(|row| row.get(0)).collect();
    assert_eq!(
        readable,
        [
            "api_key_projects.key_id",
            "api_key_projects.project_id",
            "api_keys.all_projects",
            "api_keys.key_id",
            "api_keys.revoked_at",
            "api_keys.secret_sha256",
            "share_projects.project_id",
            "share_projects.share_id",
            "shares.expires_at",
            "shares.key_id",
            "shares.revoked_at",
            "shares.secret_sha256",
            "shares.share_id",
        ]
    );
}

#[tokio::test]
async fn no_other_service_reads_keys_of_readers_or_shares() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    for role in ["footfall_write", "footfall_collect"] {
        client.batch_execute(&format!("set role {role}")).await.unwrap();
        for table in ["api_keys", "api_key_projects", "shares", "share_projects"] {
            let refused = client.batch_execute(&format!("select from {table}")).await.expect_err(table);
            assert_eq!(refused.code().unwrap().code(), "42501", "{role} {table}");
        }
        client.batch_execute("reset role").await.unwrap();
    }
}
