//! Rows of every project together: the sum of the projects', with a bound of their own.

use shared::envelope::Envelope;
use testkit::envelopes::{envelope, impression};
use writer::fold::{level_day, level_marked};
use writer::recount;

use crate::support::Bench;

/// An impression of each of these pages, in envelopes of a hundred.
fn pages(project: &str, numbers: impl Iterator<Item = usize>) -> Vec<Envelope> {
    let pages: Vec<_> = numbers.map(|number| impression(&format!("https://example.com/{number}"))).collect();
    pages.chunks(100).map(|some| envelope(project, some.to_vec())).collect()
}

async fn page(bench: &Bench, value: Option<&str>) -> i64 {
    let sql = "
        select coalesce(sum(events_count), 0)::bigint from daily_values
        where project_id = '' and dimension = 2 and value is not distinct from $1";
    bench.client.query_one(sql, &[&value]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_value_of_two_projects_has_one_row_of_every_project_together() {
    let mut bench = Bench::new().await;
    bench.store(&pages("alpha", 0..3)).await;
    bench.store(&pages("beta", 2..4)).await;
    let folded = bench.fold().await;
    assert_eq!((folded.named, folded.every_named), (3 + 4 + 2 + 4, 4 + 4));
    assert_eq!(
        (page(&bench, Some("example.com/2")).await, page(&bench, Some("example.com/3")).await),
        (2, 1)
    );
    bench.assert_equal_a_recount().await;
}

#[tokio::test]
async fn at_most_five_thousand_values_of_every_project_are_named_and_the_next_is_other() {
    let mut bench = Bench::new().await;
    // A thousand a project is their own bound.
    for project in ["alpha", "beta", "gamma", "delta", "epsilon"] {
        let sql = "insert into projects values ($1, $1) on conflict do nothing";
        bench.client.execute(sql, &[&project]).await.unwrap();
    }
    for (place, project) in ["alpha", "beta", "gamma", "delta", "epsilon"].into_iter().enumerate() {
        bench.store(&pages(project, place * 1_000..(place + 1) * 1_000)).await;
    }
    let folded = bench.fold().await;
    assert_eq!((folded.other, folded.every_other, page(&bench, None).await), (0, 0, 0));
    let named =
        "select named_count::bigint from daily_dimension_stats where project_id = '' and dimension = 2";
    assert_eq!(bench.number(named).await, 5_000);

    bench.store(&pages("beta", 5_000..5_001)).await;
    bench.store(&pages("alpha", 4_999..5_000)).await;
    let folded = bench.fold().await;

    assert_eq!(folded.every_other, 1);
    assert_eq!((page(&bench, Some("example.com/4999")).await, page(&bench, None).await), (2, 1));
    bench.assert_equal_a_recount().await;
}

#[tokio::test]
async fn the_day_made_anew_is_the_day_that_was_folded() {
    let mut bench = Bench::new().await;
    bench.store(&pages("alpha", 0..1_200)).await;
    bench.store(&pages("beta", 600..700)).await;
    bench.fold().await;
    let today = "select (now() at time zone 'UTC')::date";
    let today = bench.client.query_one(today, &[]).await.unwrap().get(0);
    let rows = "
        select coalesce(string_agg(format('%s %s %s', dimension, value, events_count), ';' order by dimension, value), '')
        from daily_values where project_id = '' and dimension <> 2";
    let before: String = bench.client.query_one(rows, &[]).await.unwrap().get(0);

    let mut keeper = bench.keeper().await;
    level_day(&mut keeper, today).await.unwrap();

    bench.assert_equal_a_recount().await;
    let after: String = bench.client.query_one(rows, &[]).await.unwrap().get(0);
    assert_eq!(before, after);
    assert_eq!(page(&bench, Some("example.com/650")).await, 2);
}

#[tokio::test]
async fn a_project_that_was_made_anew_marks_its_day_until_that_is_levelled() {
    let mut bench = Bench::new().await;
    let (gone, stays) = (envelope("alpha", vec![impression("a")]), envelope("beta", vec![impression("b")]));
    let date = gone.received_at.to_offset(time::UtcOffset::UTC).date();
    bench.store(&[gone.clone(), stays]).await;
    bench.fold().await;
    let mut client = bench.database.client().await;
    let transaction = client.transaction().await.unwrap();
    let erase = "delete from analytics_impressions where visitor_id = $1";
    transaction.execute(erase, &[&gone.visitor_id]).await.unwrap();
    recount::rebuild_day_within(&transaction, "alpha", date).await.unwrap();
    transaction.commit().await.unwrap();

    // Of the sketches the projects' own stand for it; nobody is counted who is gone.
    let visitors = "select count(*) from daily_visitors where project_id = ''";
    assert_eq!(bench.number(visitors).await, 1);
    let mut keeper = bench.keeper().await;
    assert_eq!(level_marked(&mut keeper).await.unwrap(), 1, "by the one that folds, too");

    assert_eq!(level_marked(&mut keeper).await.unwrap(), 0);
    assert_eq!((page(&bench, Some("a")).await, page(&bench, Some("b")).await), (0, 1));
    assert_eq!(bench.number(visitors).await, 1);
    bench.assert_equal_a_recount().await;
}
