//! Writers of the release before store on; what they leave out is made up for afterwards.

use testkit::envelopes::{envelope, impression};

use crate::support::Bench;

/// What a writer of migration V8 does for two events, statement by statement.
const BEFORE: &str = "
    begin;
    insert into analytics_impressions (project_id, visitor_id, url, created_at)
    values ('alpha', '0193a0b0-0000-7000-8000-000000000001', 'https://example.com/', now());
    insert into analytics_events (project_id, event_type, created_at) values ('alpha', 'open_chat', now());
    insert into quarter_hour_stats as stats (project_id, bucket_at, impressions_count, interactions_count)
    select *
    from unnest(array['alpha'], array[date_bin('15 minutes', now(), 'epoch')], array[1::bigint], array[1::bigint])
        as added (project_id, bucket_at, impressions_count, interactions_count)
    order by project_id, bucket_at
    on conflict (project_id, bucket_at) do update
    set impressions_count  = stats.impressions_count + excluded.impressions_count,
        interactions_count = stats.interactions_count + excluded.interactions_count;
    insert into daily_analytics_stats as stats (project_id, date, impressions_count, interactions_count)
    select *
    from unnest(array['alpha'], array[(now() at time zone 'UTC')::date], array[1::bigint], array[1::bigint])
        as added (project_id, date, impressions_count, interactions_count)
    order by project_id, date
    on conflict (project_id, date) do update
    set impressions_count  = stats.impressions_count + excluded.impressions_count,
        interactions_count = stats.interactions_count + excluded.interactions_count;
    commit";

#[tokio::test]
async fn a_writer_of_the_release_before_stores_on_and_a_rebuild_adds_what_it_left_out() {
    let mut bench = Bench::new().await;
    bench.client.batch_execute("set role footfall_write").await.unwrap();
    bench.client.batch_execute(BEFORE).await.unwrap();
    bench.client.batch_execute("reset role").await.unwrap();
    bench.store(&[envelope("alpha", vec![impression("https://example.com/")])]).await;
    bench.fold().await;

    let missing = bench.differences().await;
    for rollup in ["quarter_hours", "daily_value_stats", "daily_visitor_sketches"] {
        assert!(missing.iter().any(|difference| difference.rollup == rollup), "{rollup}: {missing:?}");
    }
    assert!(missing.iter().all(|difference| difference.rollup != "daily_analytics_stats"), "{missing:?}");

    bench.rebuild().await;

    bench.assert_equal_a_recount().await;
}
