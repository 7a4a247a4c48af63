//! Nobody who stores rows waits behind a maintainer that waits.

use std::time::Duration;

use shared::queue::Delivery;
use testkit::envelopes::{envelope, impression, message};
use testkit::eventually;
use testkit::recount::assert_rollups_equal_a_recount;
use writer::batch::Batch;
use writer::enrich::Enricher;
use writer::enrich::geo::Geo;
use writer::flush::flush;
use writer::store::Store;

use crate::support::{Bench, IMPATIENT};

/// A writer in the midst of a long transaction.
const LONG: &str = "begin; insert into analytics_impressions (project_id) values ('alpha')";
/// A writer that would rather fail than wait for long.
const SHORT: &str =
    "set lock_timeout = '5s'; insert into analytics_impressions (project_id) values ('alpha')";

#[tokio::test]
async fn a_long_transaction_keeps_the_maintainer_waiting_and_no_other_writer() {
    let bench = Bench::new().await;
    let expired = bench.make_month("now() - interval '25 months'").await;
    let long = bench.database.client().await;
    long.batch_execute(LONG).await.unwrap();

    let writing = async {
        for _ in 0..40 {
            let client = bench.database.client().await;
            // Would the maintainer wait for the long transaction, this would wait behind it and fail.
            client.batch_execute(SHORT).await.unwrap();
        }
    };
    let (in_vain, ()) = tokio::join!(bench.maintain_in(IMPATIENT), writing);
    assert_eq!(in_vain.given_up.len(), 2, "{in_vain:?}");
    assert!(bench.exists(&expired).await, "it is as it was, and empty");

    long.batch_execute("commit").await.unwrap();
    assert_eq!(bench.maintain().await.dropped.len(), 2);
    assert_eq!(bench.count("analytics_impressions").await, 41);
}

#[tokio::test]
async fn a_reader_of_late_rows_keeps_a_month_from_being_made_and_no_writer_from_storing() {
    let bench = Bench::new().await;
    bench.impressions_at(&["now() - interval '7 months'"]).await;
    let reader = bench.database.client().await;
    reader.batch_execute("begin; select count(*) from analytics_impressions").await.unwrap();
    let late = "set lock_timeout = '5s'; \
                insert into analytics_impressions (project_id, created_at) values ('alpha', now() - interval '7 months')";

    let writing = async {
        for _ in 0..40 {
            bench.database.client().await.batch_execute(late).await.unwrap();
        }
    };
    let (in_vain, ()) = tokio::join!(bench.maintain_in(IMPATIENT), writing);
    assert_eq!((in_vain.made.len(), in_vain.given_up.len()), (0, 1), "{in_vain:?}");

    reader.batch_execute("commit").await.unwrap();
    assert_eq!(bench.maintain().await.made.len(), 1);
    assert_eq!(bench.count("analytics_impressions_default").await, 0);
    assert_eq!(bench.count("analytics_impressions").await, 41);
}

#[tokio::test]
async fn a_late_row_that_is_on_its_way_when_its_month_is_made_is_stored_there_and_not_refused() {
    let bench = Bench::new().await;
    let maintainer = bench.database.client().await;
    let make =
        "begin; select make_month('analytics_impressions', (now() - interval '7 months')::date, false)";
    maintainer.batch_execute(make).await.unwrap();
    let mut late = impression("https://example.com/");
    let age = "select (extract(epoch from now() - (now() - interval '7 months')) * 1000)::bigint";
    let age_ms: i64 = bench.client.query_one(age, &[]).await.unwrap().get(0);
    late.age_ms = age_ms.unsigned_abs();
    let mut batch = Batch::default();
    batch.add(Delivery { body: message(&[envelope("alpha", vec![late])]), returned_count: 0, tag: 1 });
    let mut prepared = Enricher::new(Geo::open(&[]).unwrap()).prepare(batch);
    let mut store = Store::new(bench.database.url().parse().unwrap());

    let committing = async {
        eventually("the row waits for its partition", Duration::from_secs(30), async || {
            let waiting = "pg_stat_activity where wait_event_type = 'Lock' and application_name = 'footfall-writer' \
                           and datname = current_database()";
            (bench.count(waiting).await == 1).then_some(())
        })
        .await;
        maintainer.batch_execute("commit").await.unwrap();
    };
    let (receipt, ()) = tokio::join!(flush(&mut store, &mut prepared), committing);

    let receipt = receipt.unwrap();
    assert_eq!((receipt.impressions, receipt.quarantined), (1, vec![]));
    assert_eq!(bench.count("analytics_impressions_default").await, 0);
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 0));
}
