//! Local days and hours over every kind of clock change: nothing is lost, nothing counted twice.

use serde_json::Value;
use testkit::TestDatabase;
use time::macros::datetime;

use crate::reporter_under_test::Reporter;
use crate::seed::Seed;

/// One impression in every quarter of 2026, and a day on both sides.
async fn a_year_of_quarters() -> (TestDatabase, Reporter, String) {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    seed.project("bot", "Bot").await;
    let (from, to) = (datetime!(2025-12-30 00:00 UTC), datetime!(2027-01-03 00:00 UTC));
    seed.impression_every_quarter("bot", from, to).await;
    let key = seed.key(None).await;
    let reporter = Reporter::start(&database.url()).await;
    (database, reporter, key)
}

fn counts(answer: &Value) -> Vec<i64> {
    answer["series"].as_array().unwrap().iter().map(|point| point["count"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn the_day_of_a_clock_change_is_as_long_as_it_was() {
    let (_database, reporter, key) = a_year_of_quarters().await;
    let days = [
        ("UTC", "2026-03-28", "2026-03-30", [96, 96, 96]),
        // Off by three quarters of an hour, and never changing.
        ("Asia/Kathmandu", "2026-03-28", "2026-03-30", [96, 96, 96]),
        // Half an hour back, half an hour on.
        ("Australia/Lord_Howe", "2026-04-04", "2026-04-06", [96, 98, 96]),
        ("Australia/Lord_Howe", "2026-10-03", "2026-10-05", [96, 94, 96]),
        ("America/New_York", "2026-03-07", "2026-03-09", [96, 92, 96]),
        ("America/New_York", "2026-10-31", "2026-11-02", [96, 100, 96]),
        ("Asia/Jerusalem", "2026-03-26", "2026-03-28", [96, 92, 96]),
        ("Asia/Jerusalem", "2026-10-24", "2026-10-26", [96, 100, 96]),
        // Midnight comes twice.
        ("America/Havana", "2026-10-31", "2026-11-02", [96, 100, 96]),
        // Midnight does not come at all.
        ("Africa/Cairo", "2026-04-23", "2026-04-25", [96, 92, 96]),
        // The farthest offsets there are.
        ("Pacific/Kiritimati", "2026-01-01", "2026-01-03", [96, 96, 96]),
        ("Etc/GMT+12", "2026-12-29", "2026-12-31", [96, 96, 96]),
    ];
    for (zone, from, to, expected) in days {
        let path = format!("reports/impressions?from={from}&to={to}&tz={}", zone.replace('+', "%2B"));
        let answer = reporter.get(&key, &path).await.ok();
        assert_eq!(counts(&answer), expected, "{zone} {from}");
        assert_eq!(answer["total"], expected.iter().sum::<i64>(), "{zone} {from}");
        // Each day asked for by itself has the same length: no quarter lies between two days.
        for (point, expected) in answer["series"].as_array().unwrap().iter().zip(expected) {
            let day = point["at"].as_str().unwrap();
            let path = format!("reports/overview?from={day}&to={day}&tz={}", zone.replace('+', "%2B"));
            let overview = reporter.get(&key, &path).await.ok();
            assert_eq!(overview["impressions"]["total"], expected, "{zone} {day}");
            assert_eq!(overview["impressions_by_widget"][0]["impressions"], expected, "{zone} {day}");
            assert_eq!(overview["places"]["unknown"], expected, "{zone} {day}");
            assert_eq!(overview["places"]["days"], "local", "{zone} {day}");
        }
    }
}

#[tokio::test]
async fn every_zone_counts_every_quarter_of_a_year_s_days_once() {
    let (_database, reporter, key) = a_year_of_quarters().await;
    for zone in ["Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York", "Asia/Jerusalem"] {
        for interval in ["day", "week", "month"] {
            let path =
                format!("reports/impressions?from=2026-01-01&to=2026-12-31&tz={zone}&interval={interval}");
            let answer = reporter.get(&key, &path).await.ok();
            assert_eq!(answer["total"], 365 * 96, "{zone} {interval}");
            assert_eq!(counts(&answer).iter().sum::<i64>(), 365 * 96, "{zone} {interval}");
        }
    }
}

#[tokio::test]
async fn an_hour_and_its_double_are_told_apart_by_their_offset() {
    let (_database, reporter, key) = a_year_of_quarters().await;
    let path = "reports/impressions?from=2026-11-01&to=2026-11-01&tz=America/New_York&interval=hour";
    let answer = reporter.get(&key, path).await.ok();
    assert_eq!(counts(&answer), [4; 25]);
    let at = |index: usize| answer["series"][index]["at"].as_str().unwrap().to_owned();
    assert_eq!(
        [at(0), at(1), at(2)],
        ["2026-11-01T00:00:00-04:00", "2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00"]
    );
}

#[tokio::test]
async fn lord_howe_s_half_hours_are_hours_of_two_quarters() {
    let (_database, reporter, key) = a_year_of_quarters().await;
    let around_two = async |day: &str| {
        let path = format!("reports/impressions?from={day}&to={day}&tz=Australia/Lord_Howe&interval=hour");
        let answer = reporter.get(&key, &path).await.ok();
        let points = answer["series"].as_array().unwrap()[1..4].iter();
        points
            .map(|point| format!("{} {}", point["at"].as_str().unwrap(), point["count"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        around_two("2026-04-05").await,
        ["2026-04-05T01:00:00+11:00 4", "2026-04-05T01:30:00+10:30 2", "2026-04-05T02:00:00+10:30 4"]
    );
    assert_eq!(
        around_two("2026-10-04").await,
        ["2026-10-04T01:00:00+10:30 4", "2026-10-04T02:30:00+11:00 2", "2026-10-04T03:00:00+11:00 4"]
    );
}

#[tokio::test]
async fn hours_without_events_are_zeros() {
    let (_database, reporter, key) = a_year_of_quarters().await;
    let path = "reports/impressions?from=2030-01-01&to=2030-01-02&tz=Asia/Kathmandu&interval=hour";
    let answer = reporter.get(&key, path).await.ok();
    assert_eq!(counts(&answer), [0; 48]);
    assert_eq!(answer["series"][47]["at"], "2030-01-02T23:00:00+05:45");
}
