//! Visitors and the funnel: their JSON pinned, few counted exactly, and each project by itself.

use insta::assert_json_snapshot;
use testkit::TestDatabase;

use crate::reporter_under_test::Reporter;
use crate::seed::Seed;
use crate::visits::{DAYS, visited};

#[tokio::test]
async fn visitors_are_counted_once_in_the_whole_and_once_in_each_interval() {
    let (_database, reporter, key) = visited().await;
    let visitors = reporter.get(&key, &format!("reports/visitors?{DAYS}&compare=previous")).await.ok();
    assert_json_snapshot!("visitors", visitors);
    let mine = reporter.get(&key, &format!("reports/visitors?{DAYS}&project_id=form")).await.ok();
    assert_eq!((&mine["visitors"]["estimate"], &mine["previous"]), (&2.into(), &serde_json::Value::Null));
    for (interval, told, points) in [("hour", "day", 2), ("week", "week", 1), ("month", "month", 1)] {
        let answer = reporter.get(&key, &format!("reports/visitors?{DAYS}&interval={interval}")).await.ok();
        assert_eq!((&answer["interval"], answer["series"].as_array().unwrap().len()), (&told.into(), points));
    }
}

#[tokio::test]
async fn a_session_has_taken_every_step_before_its_last() {
    let (_database, reporter, key) = visited().await;
    let funnel = reporter.get(&key, &format!("reports/funnel?{DAYS}")).await.ok();
    assert_json_snapshot!("funnel", funnel);
    let one = reporter.get(&key, &format!("reports/funnel?{DAYS}&project_id=form&limit=1")).await.ok();
    assert_eq!(one["funnel"], one["projects"][0]["funnel"]);
    assert_eq!(one["projects"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_is_nobody_in_every_number() {
    let database = TestDatabase::create().await;
    let key = Seed::of(&database).await.key(None).await;
    let reporter = Reporter::start(&database.url()).await;
    let days = "from=2026-11-02&to=2026-11-02";
    let visitors = reporter.get(&key, &format!("reports/visitors?{days}")).await.ok();
    assert_json_snapshot!("no_visitors", visitors);
    let funnel = reporter.get(&key, &format!("reports/funnel?{days}")).await.ok();
    assert_json_snapshot!("no_funnel", funnel);
}
