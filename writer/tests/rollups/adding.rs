//! What is appended and what is folded add up to the raw rows, at every commit.

use fastrand::Rng;
use testkit::envelopes::{envelope, impression};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::support::{Bench, made_up_batch};

#[tokio::test]
async fn folded_or_not_every_rollup_equals_a_recount_after_each_batch_of_any_shape() {
    for seed in 1..=3 {
        let mut bench = Bench::new().await;
        let mut random = Rng::with_seed(seed);
        for _batch in 0..15 {
            bench.store_prepared(made_up_batch(&mut random, 4)).await;
            if random.u8(..3) == 0 {
                bench.fold().await;
            }
            bench.assert_equal_a_recount().await;
        }
        bench.fold().await;
        bench.assert_equal_a_recount().await;
        assert_eq!(bench.number("select count(*) from rollup_deltas").await, 0);
    }
}

#[tokio::test]
async fn fifty_thousand_visitors_are_told_within_three_percent_however_often_each_came() {
    const VISITORS: u128 = 50_000;
    let mut bench = Bench::new().await;
    let noon = time::OffsetDateTime::parse("2026-11-20T12:00:00Z", &Rfc3339).unwrap();
    for batch in 0..10 {
        let of_batch = (0..VISITORS / 5).map(|place| {
            let mut sent = envelope("alpha", vec![impression("https://example.com/")]);
            // Every other one came with the batch before, too.
            sent.visitor_id = Some(Uuid::from_u128((batch * VISITORS / 10 + place) % VISITORS));
            sent.session_id = None;
            sent.received_at = noon;
            sent
        });
        bench.store(&of_batch.collect::<Vec<_>>()).await;
        bench.fold().await;
    }

    let row = "select visitors, sessions from daily_visitors where project_id = 'alpha'";
    let row = bench.client.query_one(row, &[]).await.unwrap();
    let estimate = writer::rollup::Sketch::merged([row.get::<_, &[u8]>(0)]).unwrap().estimate();
    let exact = VISITORS as f64;
    assert!((estimate - exact).abs() < 0.03 * exact, "{estimate} of {exact}");
    assert_eq!(row.get::<_, &[u8]>(1), b"", "nobody told of a session");
}
