//! A database that refuses what it is sent stops the writer, which says so, and fills no quarantine.

use reqwest::StatusCode;
use serde_json::json;
use testkit::eventually;
use testkit::recount::assert_rollups_equal_a_recount;
use writer::breaker::BAD_ROWS_MAX;

use crate::support::{STORED_LIMIT, System, envelope};

#[tokio::test]
async fn tables_that_refuse_everything_stop_the_writer_until_they_are_mended() {
    let system = System::start().await;
    let client = system.database.client().await;
    client
        .batch_execute("alter table analytics_events add constraint refuse_all check (false)")
        .await
        .unwrap();
    let most: i64 = BAD_ROWS_MAX.cast_signed();
    let envelopes: i64 = 4;
    for _ in 0..envelopes {
        system.accepted(&envelope("alpha", &json!(vec![json!({"type": "open_chat"}); 60]))).await;
    }

    eventually("the writer stops and says so", STORED_LIMIT, async || {
        let metrics = system.metrics(&system.writer).await?;
        let stopped = metrics.contains("footfall_writer_breaker_open 1")
            && metrics.contains("footfall_writer_consuming 0");
        stopped.then_some(())
    })
    .await;
    let ready = system.client.get(format!("{}/readyz", system.writer.ops_url())).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        system
            .writer
            .log_lines()
            .iter()
            .any(|line| line.contains("stopped consuming") && line.contains("ERROR"))
    );
    let in_quarantine =
        async || -> i64 { client.query_one("select count(*) from quarantine", &[]).await.unwrap().get(0) };
    assert!(in_quarantine().await <= most, "{}", in_quarantine().await);

    client.batch_execute("alter table analytics_events drop constraint refuse_all").await.unwrap();
    eventually("what waited is stored", STORED_LIMIT, async || {
        let sql = "select sum(stored_count + quarantined_count)::bigint from ingest_ledger";
        let kept: Option<i64> = client.query_one(sql, &[]).await.unwrap().get(0);
        (kept == Some(envelopes * 60)).then_some(())
    })
    .await;
    let (_, stored) = assert_rollups_equal_a_recount(&client).await;
    assert_eq!(stored + in_quarantine().await, envelopes * 60);
    assert!(in_quarantine().await <= most);
    eventually("it says that it goes on", STORED_LIMIT, async || {
        let metrics = system.metrics(&system.writer).await?;
        metrics.contains("footfall_writer_breaker_open 0").then_some(())
    })
    .await;
    system.queue_is_empty().await;
}
