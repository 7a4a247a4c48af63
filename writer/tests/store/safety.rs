//! A store that was told to refuse unsafe settings stores nothing where there are some.

use testkit::envelopes::{envelope, impression};
use writer::store::{StoreError, UnsafeSettings};

use crate::support::Bench;

/// A bench whose database has commits that a crash loses, with a store that looks for such.
async fn unsafe_bench(unsafe_settings: UnsafeSettings) -> Bench {
    let mut bench = Bench::new().await;
    let switch_off = format!("alter database {} set synchronous_commit = off", bench.database.name());
    bench.client.batch_execute(&switch_off).await.unwrap();
    bench.store = bench.store.with_unsafe_settings(unsafe_settings);
    bench
}

#[tokio::test]
async fn nothing_is_stored_where_a_crash_would_lose_it() {
    let mut bench = unsafe_bench(UnsafeSettings::Refused).await;

    let refused = bench.store(&[envelope("alpha", vec![impression("https://example.com/")])]).await;

    let Err(StoreError::Stop(problem)) = refused else { panic!("{refused:?}") };
    assert!(problem.to_string().contains("synchronous_commit is off"), "{problem}");
    assert_eq!((bench.count("ingest_ledger").await, bench.count("analytics_impressions").await), (0, 0));
}

#[tokio::test]
async fn it_is_where_that_was_allowed() {
    let mut bench = unsafe_bench(UnsafeSettings::Allowed).await;

    let receipt = bench.store(&[envelope("alpha", vec![impression("https://example.com/")])]).await.unwrap();

    assert_eq!(receipt.impressions, 1);
}
