//! The five components, their JSON pinned, and that they agree with each other.

use insta::assert_json_snapshot;
use shared::clock;
use testkit::TestDatabase;
use time::macros::datetime;

use crate::reporter_under_test::Reporter;
use crate::seed::{BOSTON, HAIFA, Seed};

/// The query of every test here: a week of November, compared with the week before.
const WEEK: &str = "from=2026-11-02&to=2026-11-08&tz=Asia/Jerusalem&compare=previous";

/// Three widgets; the week has a first and a last minute, and one just outside of each.
async fn seeded() -> (TestDatabase, Reporter, String) {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    seed.project("booking-bot", "Booking Bot").await;
    seed.project("contact-form", "Contact Form").await;
    seed.project("quiet", "Quiet").await;
    for (project, at, place) in [
        ("booking-bot", datetime!(2026-11-01 23:59:59.999 +2), Some(HAIFA)),
        ("booking-bot", datetime!(2026-11-02 00:00 +2), Some(HAIFA)),
        ("booking-bot", datetime!(2026-11-04 12:00 +2), Some(HAIFA)),
        ("booking-bot", datetime!(2026-11-04 12:01 +2), None),
        ("contact-form", datetime!(2026-11-08 23:59:59.999 +2), Some(BOSTON)),
        ("contact-form", datetime!(2026-11-09 00:00 +2), Some(BOSTON)),
    ] {
        seed.impression(project, at, place).await;
    }
    for (project, at) in [
        ("booking-bot", datetime!(2026-10-26 00:00 +2)),
        ("booking-bot", datetime!(2026-11-04 12:02 +2)),
        ("contact-form", datetime!(2026-11-05 12:00 +2)),
        ("contact-form", datetime!(2026-11-05 12:01 +2)),
    ] {
        seed.interaction(project, at).await;
    }
    let key = seed.key(None).await;
    let reporter = Reporter::start(&database.url()).await;
    (database, reporter, key)
}

#[tokio::test]
async fn the_overview_answers_all_five_components() {
    let (_database, reporter, key) = seeded().await;
    let overview = reporter.get(&key, &format!("reports/overview?{WEEK}")).await.ok();
    assert_json_snapshot!("overview", overview);
}

#[tokio::test]
async fn the_overview_s_parts_equal_the_single_answers() {
    let (_database, reporter, key) = seeded().await;
    let overview = reporter.get(&key, &format!("reports/overview?{WEEK}")).await.ok();
    for report in
        ["interactions", "impressions", "top-widgets", "impressions-by-widget", "impressions-by-location"]
    {
        let single = reporter.get(&key, &format!("reports/{report}?{WEEK}")).await.ok();
        let part = report.replace('-', "_");
        let mut single = single.as_object().unwrap().clone();
        single.remove("period");
        single.remove("fresh");
        let whole = overview[&part].clone();
        assert!(whole != serde_json::json!([]), "{report} compares nothing");
        match single.remove(&part) {
            Some(list) => assert_eq!(whole, list, "{report}"),
            None => assert_eq!(whole, serde_json::Value::Object(single), "{report}"),
        }
    }
}

#[tokio::test]
async fn previous_is_null_where_nothing_is_compared() {
    let (_database, reporter, key) = seeded().await;
    let answer =
        reporter.get(&key, "reports/interactions?from=2026-11-04&to=2026-11-05&tz=Asia/Jerusalem").await.ok();
    assert_json_snapshot!("previous_null", answer);
}

#[tokio::test]
async fn weeks_start_on_monday_and_months_on_their_first_though_the_period_starts_later() {
    let (_database, reporter, key) = seeded().await;
    let period = "from=2026-10-29&to=2026-11-09&tz=Asia/Jerusalem";
    let series = async |interval: &str| {
        let path = format!("reports/impressions?{period}&interval={interval}");
        reporter.get(&key, &path).await.ok()["series"].to_string()
    };
    let weeks =
        r#"[{"at":"2026-10-26","count":1},{"at":"2026-11-02","count":4},{"at":"2026-11-09","count":1}]"#;
    assert_eq!(series("week").await, weeks);
    assert_eq!(series("month").await, r#"[{"at":"2026-10-01","count":0},{"at":"2026-11-01","count":6}]"#);
}

#[tokio::test]
async fn one_top_widget_is_one_and_a_tie_goes_by_id() {
    let (database, reporter, key) = seeded().await;
    let top = async || reporter.get(&key, &format!("reports/top-widgets?{WEEK}&limit=1")).await.ok();
    assert_json_snapshot!("top_widgets", top().await);
    Seed::of(&database).await.interaction("booking-bot", datetime!(2026-11-03 12:00 UTC)).await;
    assert_eq!(top().await["top_widgets"][0]["project_id"], "booking-bot");
}

#[tokio::test]
async fn without_dates_the_answer_is_the_thirty_days_up_to_today() {
    let (database, reporter, key) = seeded().await;
    let seed = Seed::of(&database).await;
    let now = clock::now();
    seed.sql("truncate quarter_hour_stats").await;
    seed.impression("quiet", now, None).await;
    let answer = reporter.get(&key, "reports/impressions").await.ok();
    let series = answer["series"].as_array().unwrap();
    assert_eq!(series.len(), 30);
    assert_eq!(answer["total"], 1);
    // A test that starts a moment before midnight is answered the next day.
    let on_its_day = series.iter().rev().take(2).find(|point| point["count"] == 1).unwrap();
    assert_eq!(on_its_day["at"], now.date().to_string());
}

#[tokio::test]
async fn a_chosen_project_is_the_only_one_counted() {
    let (_database, reporter, key) = seeded().await;
    let overview = reporter.get(&key, &format!("reports/overview?{WEEK}&project_id=contact-form")).await.ok();
    assert_eq!(overview["interactions"]["total"], 2);
    assert_eq!(overview["impressions"]["total"], 1);
    assert_eq!(overview["top_widgets"].as_array().unwrap().len(), 1);
    assert_eq!(overview["impressions_by_location"][0]["city"], "Boston");
    let both = format!("reports/interactions?{WEEK}&project_id=contact-form&project_id=booking-bot");
    assert_eq!(reporter.get(&key, &both).await.ok()["total"], 3);
}

#[tokio::test]
async fn a_dashboard_without_events_is_all_zeros() {
    let database = TestDatabase::create().await;
    let key = Seed::of(&database).await.key(None).await;
    let reporter = Reporter::start(&database.url()).await;
    let overview = reporter.get(&key, "reports/overview?from=2026-11-02&to=2026-11-03").await.ok();
    assert_json_snapshot!("no_events", overview);
}

#[tokio::test]
async fn what_is_committed_while_the_overview_is_read_shows_in_all_its_parts_or_in_none() {
    let (database, reporter, key) = seeded().await;
    let (writer, watcher) = (Seed::of(&database).await, Seed::of(&database).await);
    // The totals can be read, the places can't, until the writer commits both.
    writer.sql("begin; lock table rollup_deltas in access exclusive mode").await;
    writer.impression("quiet", datetime!(2026-11-03 12:00 UTC), Some(HAIFA)).await;
    let path = format!("reports/overview?{WEEK}");
    let (answer, ()) = tokio::join!(reporter.get(&key, &path), async {
        watcher.reporter_is_blocked().await;
        writer.sql("commit").await;
    });
    let overview = answer.ok();
    assert_eq!(overview["places"]["days"], "local");
    let placed = overview["places"]["total"].as_i64().unwrap();
    assert_eq!(overview["impressions"]["total"], placed);
    assert_eq!(reporter.get(&key, &path).await.ok()["impressions"]["total"], placed + 1);
}
