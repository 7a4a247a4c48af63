//! The rules that the tables of projects keep by themselves.

use testkit::TestDatabase;

#[tokio::test]
async fn a_list_of_origins_is_taken_at_its_longest_and_refused_one_past_it() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    client.batch_execute("insert into projects values ('a', 'A')").await.unwrap();
    let set = async |origins: &str| {
        let set = format!("update projects set allowed_origins = {origins}");
        client.batch_execute(&set).await.map_err(|refused| refused.code().unwrap().code().to_owned())
    };

    for taken in ["array_fill('https://e.com'::text, array[50])", "array[repeat('x', 255)]", "'{}'"] {
        assert_eq!(set(taken).await, Ok(()), "{taken}");
    }
    for refused in [
        "array_fill('https://e.com'::text, array[51])",
        "array[repeat('x', 256)]",
        "array[null]",
        "array[array['a'], array['b']]",
        "null",
    ] {
        let violation = set(refused).await.unwrap_err();
        assert!(["23514", "23502"].contains(&violation.as_str()), "{refused}: {violation}");
    }
}

#[tokio::test]
async fn every_change_of_projects_or_their_keys_raises_the_version_and_one_rolled_back_does_not() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    let version = async || -> i64 {
        client.query_one("select version from projects_version", &[]).await.unwrap().get(0)
    };
    let key = "insert into ingest_keys (key_id, project_id, name, secret_sha256) \
               values ('0123456789ab', 'a', 'k', sha256(''))";
    let mut before = version().await;
    for change in [
        "insert into projects values ('a', 'A')",
        "update projects set honour_dnt = true",
        key,
        "update ingest_keys set revoked_at = now()",
        "delete from ingest_keys",
        "delete from projects",
        "truncate ingest_keys",
    ] {
        client.batch_execute(change).await.unwrap();
        let after = version().await;
        assert!(after > before, "{change}");
        before = after;
    }
    client.batch_execute("begin; insert into projects values ('a', 'A'); rollback").await.unwrap();
    assert_eq!(version().await, before);
}
