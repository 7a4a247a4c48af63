//! At most so many values of a project, day and dimension have a row; the others are one number, and nobody can pose as it.

use shared::envelope::Envelope;
use testkit::envelopes::{envelope, impression};
use writer::recount::NAMED_MAX;

use crate::support::Bench;

/// An impression of each of these pages, in envelopes of a hundred.
fn pages(numbers: impl Iterator<Item = usize>) -> Vec<Envelope> {
    let pages: Vec<_> = numbers.map(|number| impression(&format!("https://example.com/{number}"))).collect();
    pages.chunks(100).map(|some| envelope("alpha", some.to_vec())).collect()
}

async fn page(bench: &Bench, value: &str) -> i64 {
    let sql = "select coalesce(sum(events_count), 0)::bigint from daily_values
        where project_id = 'alpha' and dimension = 2 and value = $1";
    bench.client.query_one(sql, &[&value]).await.unwrap().get(0)
}

async fn other(bench: &Bench) -> i64 {
    bench
        .number(
            "select coalesce(sum(events_count), 0)::bigint from daily_values
             where project_id = 'alpha' and dimension = 2 and value is null",
        )
        .await
}

#[tokio::test]
async fn at_the_bound_every_value_is_named_and_one_past_it_is_other() {
    let mut bench = Bench::new().await;
    bench.store(&pages(1..NAMED_MAX + 1)).await;
    let folded = bench.fold().await;
    assert_eq!((folded.other, other(&bench).await), (0, 0));
    assert_eq!(
        bench
            .number("select count(*) from daily_value_stats where project_id = 'alpha' and dimension = 2")
            .await,
        1_000
    );

    bench.store(&pages(0..1)).await;
    assert_eq!(page(&bench, "example.com/0").await, 1, "until it is folded");
    assert_eq!(bench.fold().await.other, 1);

    assert_eq!((page(&bench, "example.com/0").await, other(&bench).await), (0, 1));
    bench.assert_equal_a_recount().await;
}

#[tokio::test]
async fn a_value_that_is_named_stays_so_and_one_that_is_not_stays_other() {
    let mut bench = Bench::new().await;
    // Twice: the most frequent get the room.
    bench.store(&pages((0..NAMED_MAX + 50).chain(100..NAMED_MAX + 50))).await;
    bench.fold().await;
    assert_eq!(other(&bench).await, 50);

    bench.store(&pages((NAMED_MAX..NAMED_MAX + 50).chain(0..100).chain(5_000..5_010))).await;
    bench.assert_equal_a_recount().await;
    bench.fold().await;

    assert_eq!(page(&bench, "example.com/1049").await, 3);
    assert_eq!(other(&bench).await, 50 + 50 + 10);
    assert_eq!(
        bench
            .number("select count(*) from daily_value_stats where project_id = 'alpha' and dimension = 2")
            .await,
        1_000
    );
    bench.assert_equal_a_recount().await;
}

#[tokio::test]
async fn no_value_can_pose_as_other() {
    let mut bench = Bench::new().await;
    for name in ["", "other", "null", "\\N", "https://"] {
        bench.store(&[envelope("alpha", vec![impression(name)])]).await;
    }
    bench.fold().await;
    assert_eq!(other(&bench).await, 0);
    assert_eq!((page(&bench, "other").await, page(&bench, "").await), (1, 2));
}
