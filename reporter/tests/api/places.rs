//! The map: places put together, what is on none of them, and which days are counted.

use insta::assert_json_snapshot;
use serde_json::json;
use testkit::TestDatabase;
use time::macros::datetime;

use crate::reporter_under_test::Reporter;
use crate::seed::{BOSTON, HAIFA, Seed};
use crate::visits::{DAYS, visited};

#[tokio::test]
async fn places_are_put_together_by_city_by_position_or_by_a_grid() {
    let (_database, reporter, key) = visited().await;
    for cluster in ["city", "place", "grid&zoom=0"] {
        let path = format!("reports/impressions-by-location?{DAYS}&cluster={cluster}");
        let answer = reporter.get(&key, &path).await.ok();
        assert_eq!(answer["places"]["total"], 5, "{cluster}");
        assert_json_snapshot!(format!("places_by_{}", &cluster[..4]), answer);
    }
    let one = reporter.get(&key, &format!("reports/impressions-by-location?{DAYS}&limit=1")).await.ok();
    assert_eq!(one["impressions_by_location"].as_array().unwrap().len(), 1);
    assert_eq!(one["places"]["other"], 1, "Boston is not listed");
}

#[tokio::test]
async fn packed_places_have_the_names_of_the_dictionary_and_stay_known() {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    seed.project("bot", "Bot").await;
    // As a writer leaves a day that is over, and what came late for it.
    seed.sql(
        "insert into places (country, city, lat, lng, place) values
             ('IL', 'Haifa', 32.8191, 34.9983, '[\"IL\",\"Haifa\",32.8191,34.9983]'), (null, null, null, null, '[null,null,null,null]');
         insert into packed_places
         select level, '2026-06-01', '{1,2}', '{5,2}' from (values ('bot'), ('')) as of_level (level);
         insert into daily_value_stats
         select level, '2026-06-01', 1, '[\"IL\",\"Haifa\",32.8191,34.9983]', 1 from (values ('bot'), ('')) as of_level (level)",
    )
    .await;
    let (all, one) = (seed.key(None).await, seed.key(Some(&["bot"])).await);
    let reporter = Reporter::start(&database.url()).await;
    for key in [&all, &one, &all] {
        let path = "reports/impressions-by-location?from=2026-06-01&to=2026-06-01";
        let answer = reporter.get(key, path).await.ok();
        let haifa =
            json!([{"country": "IL", "city": "Haifa", "lat": 32.8191, "lng": 34.9983, "impressions": 6}]);
        assert_eq!(answer["impressions_by_location"], haifa);
        assert_eq!((&answer["places"]["unknown"], &answer["places"]["total"]), (&2.into(), &8.into()));
    }
}

#[tokio::test]
async fn parts_of_days_are_counted_from_raw_rows_while_these_are_kept_and_few() {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    seed.project("bot", "Bot").await;
    seed.impression("bot", datetime!(2026-06-01 12:00 UTC), Some(HAIFA)).await;
    seed.impression("bot", datetime!(2026-06-01 22:00 UTC), Some(BOSTON)).await;
    let key = seed.key(None).await;
    let reporter = Reporter::start(&database.url()).await;
    let answer = async |zone: &str, date: &str| {
        let path = format!("reports/impressions-by-location?from={date}&to={date}&tz={zone}");
        let answer = reporter.get(&key, &path).await.ok();
        let cities = answer["impressions_by_location"].as_array().unwrap().iter();
        let cities: Vec<String> = cities.map(|place| place["city"].as_str().unwrap().to_owned()).collect();
        (answer["places"]["days"].as_str().unwrap().to_owned(), cities)
    };
    let told = |days: &str, cities: &[&str]| {
        (days.to_owned(), cities.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    // Local midnight in Kathmandu is 18:15 UTC.
    assert_eq!(answer("Asia/Kathmandu", "2026-06-01").await, told("local", &["Haifa"]));
    assert_eq!(answer("Asia/Kathmandu", "2026-06-02").await, told("local", &["Boston"]));
    seed.sql("delete from analytics_impressions").await;
    assert_eq!(answer("Asia/Kathmandu", "2026-06-01").await, told("utc", &["Haifa", "Boston"]));
    assert_eq!(answer("Asia/Kathmandu", "2026-06-02").await, told("utc", &[]));
    // All that the day has lies in New York's, too: no raw row is asked for.
    assert_eq!(answer("America/New_York", "2026-06-01").await, told("local", &["Haifa", "Boston"]));
    seed.impression("bot", datetime!(2026-06-01 22:00 UTC), Some(BOSTON)).await;
    seed.impression("bot", datetime!(2026-06-01 12:00 UTC), Some(HAIFA)).await;
    seed.sql(
        "update quarter_hour_stats set impressions_count = 20001 where bucket_at = '2026-06-01 22:00+00'",
    )
    .await;
    assert_eq!(answer("Asia/Kathmandu", "2026-06-02").await.0, "utc", "too many raw rows");
}
