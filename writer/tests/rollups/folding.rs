//! A fold moves counts and changes none, whoever folds at the same time and wherever it is cut off.

use fastrand::Rng;
use testkit::envelopes::{envelope, impression};
use writer::fold::{Folded, fold};

use crate::support::{Bench, made_up_batch};

#[tokio::test]
async fn of_several_that_fold_at_once_each_delta_is_folded_by_one() {
    let mut bench = Bench::new().await;
    let mut random = Rng::with_seed(11);
    for _batch in 0..30 {
        bench.store_prepared(made_up_batch(&mut random, 3)).await;
    }
    let deltas = bench.number("select count(*) from rollup_deltas").await.unsigned_abs();
    let mut keepers = Vec::new();
    for _keeper in 0..4 {
        keepers.push(bench.keeper().await);
    }

    let folding = keepers.iter_mut().map(|keeper| async { fold(keeper).await.unwrap().deltas });
    let folded: u64 = futures_util::future::join_all(folding).await.into_iter().sum();

    assert_eq!(folded, deltas);
    bench.assert_equal_a_recount().await;
}

#[tokio::test]
async fn a_fold_that_fails_half_way_changes_nothing_and_the_next_one_folds() {
    let mut bench = Bench::new().await;
    bench.store(&[envelope("alpha", vec![impression("https://example.com/")])]).await;
    let fail = "create function fail() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
        create trigger fail before insert on daily_visitor_sketches for each row execute function fail()";
    bench.client.batch_execute(fail).await.unwrap();

    assert!(bench.try_fold().await.is_err());
    assert_eq!(bench.number("select count(*) from rollup_deltas").await, 1);
    assert_eq!(bench.number("select count(*) from daily_value_stats").await, 0);
    assert_eq!(bench.number("select count(*) from daily_dimension_stats").await, 0);
    bench.assert_equal_a_recount().await;

    bench.client.batch_execute("drop trigger fail on daily_visitor_sketches").await.unwrap();
    assert_eq!(bench.fold().await, Folded { deltas: 1, named: 5, every_named: 5, ..Folded::default() });
    assert_eq!(bench.fold().await, Folded::default());
    bench.assert_equal_a_recount().await;
}

#[tokio::test]
async fn nobody_folds_while_a_rebuild_counts() {
    let mut bench = Bench::new().await;
    bench.store(&[envelope("alpha", vec![impression("https://example.com/")])]).await;
    // "FOLD" in ASCII.
    bench.client.batch_execute("select pg_advisory_lock(1179601988)").await.unwrap();
    assert_eq!(bench.fold().await, Folded::default());
    bench.client.batch_execute("select pg_advisory_unlock(1179601988)").await.unwrap();
    assert_eq!(bench.fold().await.deltas, 1);
}

#[tokio::test]
async fn finer_rollups_expire_with_the_others() {
    let mut bench = Bench::new().await;
    bench.store(&[envelope("alpha", vec![impression("https://example.com/")])]).await;
    bench.fold().await;
    let old = "update daily_value_stats set date = '2010-01-01' where dimension = 1;
        insert into daily_dimension_stats values ('alpha', '2010-01-01', 1, 1, 0);
        insert into daily_visitor_sketches values ('alpha', '2010-01-01', '', '');
        insert into packed_values values ('', 2, '2010-01-01', '{a}', '{1}'), ('', 2, current_date, '{a}', '{1}');
        insert into packed_places values ('alpha', '2010-01-01', '{1}', '{1}'), ('alpha', current_date, '{1}', '{1}');
        insert into packed_quarters
        select 'alpha', date '2010-01-01' + n * 10000, none, none, none, none, none, none, none, none
        from array_fill(0::bigint, array[96]) as none, generate_series(0, 1) as n;
        insert into unlevelled_days values ('2010-01-01'), (current_date);
        update retention set rollup_months = 36";
    bench.client.batch_execute(old).await.unwrap();

    bench.client.batch_execute("select expire_rows(5000)").await.unwrap();

    // Of the project, and of every project.
    for (table, left) in [
        ("daily_value_stats", 8),
        ("daily_dimension_stats", 10),
        ("daily_visitor_sketches", 2),
        ("packed_quarters", 1),
        ("packed_values", 1),
        ("packed_places", 1),
        ("unlevelled_days", 1),
    ] {
        assert_eq!(bench.number(&format!("select count(*) from {table}")).await, left, "{table}");
    }
}
