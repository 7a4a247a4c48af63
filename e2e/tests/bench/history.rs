//! A history holds what its plan says, and rollups that a recount confirms.

use e2e::history::{Plan, store};
use e2e::workload::projects;
use shared::clock;
use testkit::TestDatabase;
use testkit::recount::assert_rollups_equal_a_recount;

/// Of the last seconds, besides the plan's.
const LATEST: u64 = 5_000;

#[tokio::test]
async fn a_history_is_what_writers_would_have_left() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    let (ids, names): (Vec<String>, Vec<String>) = projects().unzip();
    let insert = "insert into projects (project_id, name) select * from unnest($1::text[], $2::text[])";
    client.execute(insert, &[&ids, &names]).await.unwrap();
    let plan = Plan {
        database_url: database.url(),
        seed: 1,
        events: 3_000,
        days: 3,
        ends_at_s: clock::now().unix_timestamp(),
        geo_files: Vec::new(),
    };

    let stored = store(&plan).await.unwrap();

    let (impressions, interactions) = assert_rollups_equal_a_recount(&client).await;
    assert_eq!((impressions as u64, interactions as u64), (stored.impressions, stored.interactions));
    // Each stretch ends with a whole envelope.
    let events = stored.impressions + stored.interactions - LATEST;
    assert!((3_000..3_100).contains(&events), "{events}");
    let days = "select count(distinct date) from daily_dropped_stats";
    let days: i64 = client.query_one(days, &[]).await.unwrap().get(0);
    assert!((3..=4).contains(&days), "{days}: three times 24 hours");
    let left = "select count(*) from rollup_deltas";
    let left: i64 = client.query_one(left, &[]).await.unwrap().get(0);
    assert!(left > 0, "what came last is not folded yet");
}
