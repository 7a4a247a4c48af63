//! Running the migrations again, and two at once.

use testkit::TestDatabase;

/// Takes everything away again: a database as before the first run.
async fn empty_database() -> TestDatabase {
    let database = TestDatabase::create().await;
    database.client().await.batch_execute("drop schema public cascade; create schema public").await.unwrap();
    database
}

#[tokio::test]
async fn a_second_run_changes_nothing() {
    let database = empty_database().await;

    let first = migrations::migrate(&database.url()).await.unwrap();
    let second = migrations::migrate(&database.url()).await.unwrap();

    assert_eq!((first.applied.len(), first.partitions_made), (9, 10));
    assert_eq!((second.applied.len(), second.partitions_made), (0, 0));
}

#[tokio::test]
async fn of_several_runners_at_once_one_migrates_and_the_others_wait_for_it() {
    let database = empty_database().await;
    let url = database.url();

    let (a, b, c) =
        tokio::join!(migrations::migrate(&url), migrations::migrate(&url), migrations::migrate(&url));

    let mut applied = [a, b, c].map(|report| report.unwrap().applied.len());
    applied.sort_unstable();
    assert_eq!(applied, [0, 0, 9]);
}

#[tokio::test]
async fn a_month_is_made_with_its_rows_moved_out_of_the_default_partition() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    let sql = "insert into projects values ('a', 'A');
               insert into analytics_impressions (project_id, created_at)
               values ('a', '2020-02-01 00:00Z'), ('a', '2020-02-29 23:59:59.999999Z'), ('a', '2020-03-01 00:00Z')";
    client.batch_execute(sql).await.unwrap();

    client.batch_execute("select ensure_partitions('2020-02-10', '2020-02-11')").await.unwrap();

    let count = async |table: &str| -> i64 {
        client.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0)
    };
    assert_eq!(count("analytics_impressions_2020_02").await, 2);
    assert_eq!(count("analytics_impressions_default").await, 1);
    assert_eq!(count("analytics_impressions").await, 3);
}
