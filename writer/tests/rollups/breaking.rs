//! A counter changed by hand is found in each rollup, named, and put right.

use fastrand::Rng;
use writer::recount::Difference;

use crate::support::{Bench, made_up_batch};

#[tokio::test]
async fn a_change_by_hand_is_found_wherever_it_is_and_a_rebuild_takes_it_back() {
    let mut bench = Bench::new().await;
    let mut random = Rng::with_seed(5);
    for _batch in 0..10 {
        bench.store_prepared(made_up_batch(&mut random, 2)).await;
    }
    bench.fold().await;
    bench.store_prepared(made_up_batch(&mut random, 0)).await;
    bench.store_prepared(made_up_batch(&mut random, 0)).await;
    bench.assert_equal_a_recount().await;
    let one = |table: &str| {
        format!("where ctid = (select ctid from {table} where project_id <> '' order by random() limit 1)")
    };
    let dimension = |number: u8| {
        format!(
            "update daily_value_stats set events_count = events_count + 1 where ctid = (
                select ctid from daily_value_stats where project_id <> '' and dimension = {number} limit 1)"
        )
    };

    for (rollup, change) in [
        ("daily_analytics_stats", format!("update daily_analytics_stats set impressions_count = impressions_count + 1 {}", one("daily_analytics_stats"))),
        ("daily_analytics_stats", format!("delete from daily_analytics_stats {}", one("daily_analytics_stats"))),
        ("quarter_hours", format!("update quarter_hour_stats set interactions_count = interactions_count - 1 {}", one("quarter_hour_stats"))),
        ("quarter_hours", format!("update quarter_hour_stats set submit_form_count = submit_form_count + 1 {}", one("quarter_hour_stats"))),
        ("quarter_hours", "insert into quarter_hour_stats (project_id, bucket_at, impressions_count) values ('beta', now(), 1)".to_owned()),
        ("daily_value_stats", dimension(1)),
        ("daily_value_stats", dimension(2)),
        ("daily_value_stats", dimension(3)),
        ("daily_value_stats", dimension(4)),
        ("daily_value_stats", dimension(5)),
        ("daily_value_stats", dimension(6)),
        ("daily_value_stats", dimension(7)),
        ("daily_value_stats", dimension(8)),
        ("daily_value_stats", format!("delete from daily_value_stats {}", one("daily_value_stats"))),
        ("daily_dimension_stats", format!("update daily_dimension_stats set other_count = 1 {}", one("daily_dimension_stats"))),
        ("daily_dimension_stats", format!("update daily_dimension_stats set named_count = named_count + 1 {}", one("daily_dimension_stats"))),
        ("daily_visitor_sketches", format!("update daily_visitor_sketches set visitors = sessions {}", one("daily_visitor_sketches"))),
        ("daily_visitor_sketches", "update daily_visitor_sketches set sessions = ''".to_owned()),
        ("daily_visitor_sketches", "update daily_visitor_sketches set opened = null".to_owned()),
        ("daily_visitor_sketches", "update daily_visitor_sketches set asked = sessions".to_owned()),
        ("daily_visitor_sketches", "update daily_visitor_sketches set submitted = 'junk'".to_owned()),
        ("daily_visitor_sketches", "update daily_visitor_sketches set sessions = 'junk'".to_owned()),
        ("rollup_deltas", format!("update rollup_deltas set counts[1] = counts[1] + 1 {}", one("rollup_deltas"))),
        ("rollup_deltas", format!("delete from rollup_deltas {}", one("rollup_deltas"))),
    ] {
        assert!(bench.client.execute(&change, &[]).await.unwrap() > 0, "{change}");

        let found = bench.differences().await;

        let names: Vec<&str> = found.iter().map(|difference| difference.rollup).collect();
        // A value may have a row and a delta: one of them is named.
        let of_values = ["rollup_deltas", "daily_value_stats"];
        let expected = names.contains(&rollup)
            || of_values.contains(&rollup) && names.iter().any(|name| of_values.contains(name));
        assert!(expected, "{change}: {found:?}");
        let of_projects = found.iter().filter(|difference| !difference.project_id.is_empty()).count();
        assert_eq!(bench.rebuild().await.len(), of_projects, "{change}");
        bench.assert_equal_a_recount().await;
        // The next change needs deltas to change.
        bench.store_prepared(made_up_batch(&mut random, 1)).await;
        bench.store_prepared(made_up_batch(&mut random, 1)).await;
    }
    bench.fold().await;
    bench.assert_equal_a_recount().await;
}

/// Where it is found, what is changed, and whether of a project or of every project together.
const CHANGES: [(&str, &str, &str, &str); 15] = [
    ("quarter_hours", "update", "packed_quarters set impressions[7] = impressions[7] + 1", "<>"),
    ("quarter_hours", "update", "packed_quarters set submit_form[96] = submit_form[96] + 1", "<>"),
    ("quarter_hours", "delete from", "packed_quarters", "<>"),
    ("packed_quarters", "update", "packed_quarters set interactions[1] = interactions[1] - 1", "="),
    ("packed_quarters", "delete from", "packed_quarters", "="),
    ("daily_value_stats", "update", "packed_values set counts[1] = counts[1] + 1", "<>"),
    ("daily_value_stats", "update", "packed_values set counts[1] = counts[1] + 1", "="),
    ("daily_value_stats", "delete from", "packed_values", "="),
    ("daily_value_stats", "update", "packed_places set place_ids[1] = 1 + place_ids[1] % 2", "<>"),
    ("daily_value_stats", "update", "packed_places set counts[1] = counts[1] + 1", "="),
    ("daily_value_stats", "update", "daily_value_stats set events_count = events_count + 1", "="),
    ("daily_value_stats", "update", "daily_dimension_stats set other_count = other_count + 1", "="),
    ("daily_dimension_stats", "update", "daily_dimension_stats set named_count = named_count + 1", "="),
    ("daily_visitor_sketches", "update", "daily_visitor_sketches set sessions = visitors", "="),
    ("daily_visitor_sketches", "delete from", "daily_visitor_sketches", "="),
];

#[tokio::test]
async fn a_change_of_what_is_packed_or_counted_of_every_project_is_found_and_taken_back() {
    let mut bench = Bench::new().await;
    let mut random = Rng::with_seed(6);
    for _batch in 0..10 {
        bench.store_prepared(made_up_batch(&mut random, 2)).await;
    }
    for (rollup, what, changed, level) in CHANGES {
        bench.store_prepared(made_up_batch(&mut random, 2)).await;
        bench.fold().await;
        bench.pack().await;
        bench.assert_equal_a_recount().await;
        let table = changed.split(' ').next().unwrap();
        let change = format!(
            "{what} {changed} where ctid = (
                select ctid from {table} where project_id {level} '' order by random() limit 1)"
        );
        assert_eq!(bench.client.execute(&change, &[]).await.unwrap(), 1, "{change}");

        let found = bench.differences().await;

        assert!(found.iter().any(|difference| difference.rollup == rollup), "{change}: {found:?}");
        bench.rebuild().await;
        bench.assert_equal_a_recount().await;
        bench.pack().await;
        bench.assert_equal_a_recount().await;
    }
}

#[tokio::test]
async fn what_was_packed_and_stands_in_its_old_place_too_is_found_of_its_project_and_of_every_one() {
    let mut bench = Bench::new().await;
    bench.store_prepared(made_up_batch(&mut Rng::with_seed(8), 2)).await;
    bench.fold().await;
    bench.pack().await;
    let not_deleted = "
        insert into quarter_hour_stats as stats
        select * from quarter_hours
        on conflict (project_id, bucket_at) do update
        set impressions_count = stats.impressions_count + excluded.impressions_count;
        insert into daily_value_stats (project_id, date, dimension, value, events_count)
        select project_id, date, dimension, packed.value, packed.count
        from packed_values, unnest(\"values\", counts) as packed (value, count)";
    bench.client.batch_execute(not_deleted).await.unwrap();

    let found = bench.differences().await;

    for (rollup, is_of_every) in [
        ("quarter_hours", false),
        ("packed_quarters", true),
        ("daily_value_stats", false),
        ("daily_value_stats", true),
    ] {
        let is_found = |difference: &Difference| {
            difference.rollup == rollup && difference.project_id.is_empty() == is_of_every
        };
        assert!(found.iter().any(is_found), "{rollup}: {found:?}");
    }
}
