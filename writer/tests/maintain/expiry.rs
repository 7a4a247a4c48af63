//! What expired is removed, and nothing else.

use crate::support::Bench;

#[tokio::test]
async fn a_month_expires_when_it_ended_as_long_ago_as_rows_are_kept() {
    let bench = Bench::new().await;
    let expired = bench.make_month("now() - interval '25 months'").await;
    let kept = bench.make_month("now() - interval '24 months'").await;
    bench.impressions_at(&["now() - interval '25 months'", "now() - interval '24 months'", "now()"]).await;

    let report = bench.maintain().await;

    assert_eq!(report.dropped.len(), 2, "of both tables: {report:?}");
    assert!(!bench.exists(&expired).await && bench.exists(&kept).await);
    assert_eq!(bench.count("analytics_impressions").await, 2);
    assert_eq!(bench.maintain().await.dropped, Vec::<String>::new());
}

#[tokio::test]
async fn rows_that_are_kept_for_ever_are() {
    let bench = Bench::new().await;
    bench.client.batch_execute("update retention set raw_months = 0").await.unwrap();
    let old = bench.make_month("now() - interval '90 months'").await;
    bench.impressions_at(&["now() - interval '90 months'", "'1999-01-01'"]).await;

    bench.maintain().await;

    assert!(bench.exists(&old).await);
    assert_eq!(bench.count("analytics_impressions").await, 2);
}

#[tokio::test]
async fn expired_rows_of_a_default_partition_are_deleted() {
    let bench = Bench::new().await;
    let many = "insert into analytics_impressions (project_id, created_at)
        select 'alpha', '2001-02-03' from generate_series(1, 5001)";
    bench.client.batch_execute(many).await.unwrap();
    bench.impressions_at(&["now() + interval '3 years'"]).await;

    let report = bench.maintain().await;

    assert_eq!((report.expire_rounds, bench.count("analytics_impressions_default").await), (2, 1));
}

#[tokio::test]
async fn rollups_outlive_raw_rows_until_their_own_time_comes() {
    let bench = Bench::new().await;
    let rollups = "
        insert into daily_analytics_stats values ('alpha', '2010-01-01', 1, 0), ('alpha', current_date, 1, 0);
        insert into quarter_hour_stats values ('alpha', '2010-01-01', 1, 0), ('alpha', date_trunc('hour', now()), 1, 0);
        insert into daily_dropped_stats values ('alpha', '2010-01-01', 'gpc', 1), ('alpha', current_date, 'gpc', 1)";
    bench.client.batch_execute(rollups).await.unwrap();
    let tables = ["daily_analytics_stats", "quarter_hour_stats", "daily_dropped_stats"];

    bench.maintain().await;
    for table in tables {
        assert_eq!(bench.count(table).await, 2, "{table}: for ever, unless set");
    }
    bench.client.batch_execute("update retention set rollup_months = 36").await.unwrap();
    bench.maintain().await;
    for table in tables {
        assert_eq!(bench.count(table).await, 1, "{table}");
    }
    let shorter = bench.client.batch_execute("update retention set rollup_months = 23").await.unwrap_err();
    assert_eq!(shorter.code().unwrap().code(), "23514", "a report must not reach further by raw rows");
}

#[tokio::test]
async fn a_run_that_ended_half_way_is_finished_by_the_next() {
    let bench = Bench::new().await;
    let expired = bench.make_month("now() - interval '25 months'").await;
    for step in ["empty", "detach"] {
        let taken = "select expire_partition($1, $2)";
        assert!(bench.client.query_one(taken, &[&expired, &step]).await.unwrap().get::<_, bool>(0), "{step}");
    }
    bench.impressions_at(&["now() - interval '25 months'"]).await;
    assert_eq!(
        bench.count("analytics_impressions_default").await,
        1,
        "a late row finds a place all the same"
    );

    let report = bench.maintain().await;

    assert!(report.dropped.contains(&expired) && !bench.exists(&expired).await, "{report:?}");
    assert_eq!(bench.count("analytics_impressions").await, 0);
}

#[tokio::test]
async fn a_partition_that_somebody_detached_to_keep_it_is_kept() {
    let bench = Bench::new().await;
    let archive = bench.make_month("now() - interval '25 months'").await;
    bench.impressions_at(&["now() - interval '25 months'"]).await;
    let detach = format!("alter table analytics_impressions detach partition {archive}");
    bench.client.batch_execute(&detach).await.unwrap();

    bench.maintain().await;

    assert_eq!(bench.count(&archive).await, 1);
}

#[tokio::test]
async fn the_write_role_can_drop_what_expired_and_nothing_else() {
    let bench = Bench::new().await;
    let present = bench.make_month("now()").await;
    bench.impressions_at(&["now()"]).await;
    bench.client.batch_execute("set role footfall_write").await.unwrap();

    for step in ["empty", "detach", "free", "drop"] {
        for table in [present.as_str(), "analytics_impressions", "analytics_impressions_default", "projects"]
        {
            let taken = "select expire_partition($1, $2)";
            let taken: bool = bench.client.query_one(taken, &[&table, &step]).await.unwrap().get(0);
            assert!(!taken, "{step} {table}");
        }
    }
    for forbidden in [
        "update retention set raw_months = 1".to_owned(),
        format!("drop table {present}"),
        format!("truncate {present}"),
        "select make_month_partition('projects', 'x', '2020-01-01')".to_owned(),
    ] {
        let refused = bench.client.batch_execute(&forbidden).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{forbidden}");
    }
    for not_a_month in
        ["'projects', '2020-01-01'", "'analytics_events', '2999-01-01'", "'analytics_events', '0001-01-01'"]
    {
        let refused = bench.client.batch_execute(&format!("select make_month({not_a_month}, true)")).await;
        assert_eq!(refused.unwrap_err().code().unwrap().code(), "P0001", "{not_a_month}");
    }
    assert_eq!(bench.count("analytics_impressions").await, 1);
}
