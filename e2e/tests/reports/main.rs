//! Every report equals an independent count of the raw rows: over histories made up at random, stored by the writer's own code, folded
//! and packed at moments made up as well, and asked about in any zone, period, interval and with any filter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod asked;
mod checks;
mod history;
mod recounted;
mod world;

use fastrand::Rng;
use shared::settings::Settings;

use crate::asked::Asked;
use crate::world::World;

/// Histories that are tried; `FOOTFALL_REPORT_CASES` asks for more.
const CASES: u64 = 40;
/// Questions about each, every one put to all reports.
const QUESTIONS: usize = 3;

#[tokio::test]
async fn every_report_equals_a_recount_of_the_raw_rows() {
    let cases = Settings::from_env().or("FOOTFALL_REPORT_CASES", CASES, "histories to try").unwrap();
    let mut world = World::start().await;
    for case in 0..cases {
        let mut random = Rng::with_seed(case);
        let days = history::make(&mut world, &mut random).await;
        for _ in 0..QUESTIONS {
            let asked = Asked::make_up(&mut random, &days);
            checks::all(&world, &asked, &mut random, &format!("case {case}, {asked:?}")).await;
        }
    }
    // What was asked about was stored and rolled up as it should be.
    let (impressions, interactions) = testkit::recount::assert_rollups_equal_a_recount(&world.client).await;
    assert!(impressions > 0 && interactions > 0);
    // A few histories alone may leave one of these empty.
    if cases >= CASES {
        for table in [
            "packed_quarters",
            "packed_values",
            "packed_places",
            "daily_visitor_sketches",
            "quarter_hour_stats",
        ] {
            let sql = format!("select from {table} limit 1");
            assert!(!world.client.query(&sql, &[]).await.unwrap().is_empty(), "{table} was never read from");
        }
    }
}
