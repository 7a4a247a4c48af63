//! From a database without levels to one with them, and services of the release before on it.

use testkit::TestDatabase;
use tokio_postgres::Client;

/// Migrations up to the one before levels, and that one.
const BEFORE: [&str; 11] = [
    include_str!("../../sql/V1__projects.sql"),
    include_str!("../../sql/V2__analytics.sql"),
    include_str!("../../sql/V3__partitions.sql"),
    include_str!("../../sql/V4__ledger.sql"),
    include_str!("../../sql/V5__rollups.sql"),
    include_str!("../../sql/V6__project_settings.sql"),
    include_str!("../../sql/V7__retired_projects.sql"),
    include_str!("../../sql/V8__retention.sql"),
    include_str!("../../sql/V9__robots.sql"),
    include_str!("../../sql/V10__breakdowns.sql"),
    include_str!("../../sql/V11__ledger_by_week.sql"),
];
const PACKED_ROLLUPS: &str = include_str!("../../sql/V12__packed_rollups.sql");

/// Two projects' folded rollups: 3,000 values each of one dimension, of which 2,000 are the same, and a few of another.
const FOLDED: &str = "
    insert into projects values ('a', 'A'), ('b', 'B');
    insert into daily_value_stats
    select project_id, '2026-11-20', 2, 'page ' || n, n
    from (values ('a', 0), ('b', 1000)) as projects (project_id, first), generate_series(first + 1, first + 3000) as n;
    insert into daily_value_stats values ('a', '2026-11-21', 4, 'phone', 5), ('b', '2026-11-21', 4, 'phone', 6);
    insert into daily_value_stats
    select 'a', '2026-11-22', 2, 'page ' || n, n from generate_series(1, 6000) as n;
    insert into daily_dimension_stats values
        ('a', '2026-11-20', 2, 3000, 7), ('b', '2026-11-20', 2, 3000, 0), ('a', '2026-11-21', 4, 1, 0),
        ('b', '2026-11-21', 4, 1, 3), ('a', '2026-11-22', 2, 6000, 2);
    insert into daily_visitor_sketches values ('a', '2026-11-20', 'a', ''), ('b', '2026-11-20', 'b', '');
    insert into quarter_hour_stats values ('a', '2026-11-20 10:00Z', 3, 4);
    insert into rollup_deltas (project_id, date, dimensions, \"values\", counts)
    values ('a', '2026-11-20', '{2}', '{page 1}', '{1}')";

async fn database_of_before() -> (TestDatabase, Client) {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    client.batch_execute("drop schema public cascade; create schema public").await.unwrap();
    let grant =
        "grant create, usage on schema public to footfall_migrate; grant usage on schema public to public";
    client.batch_execute(grant).await.unwrap();
    client.batch_execute("set role footfall_migrate").await.unwrap();
    for migration in BEFORE {
        client.batch_execute(&format!("begin; {migration}; commit")).await.unwrap();
    }
    (database, client)
}

async fn upgrade(client: &Client) {
    client.batch_execute(&format!("begin; {PACKED_ROLLUPS}; commit")).await.unwrap();
}

async fn text(client: &Client, sql: &str) -> String {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn what_was_folded_before_is_counted_of_every_project_at_once() {
    let (_database, client) = database_of_before().await;
    client.batch_execute(FOLDED).await.unwrap();

    upgrade(&client).await;

    let sums = "
        select string_agg(format('%s %s %s', date, dimension, sum), ', ' order by date, dimension, project_id)
        from (
            select project_id = '' as project_id, date, dimension, sum(events_count)
            from daily_values where value is distinct from 'page 1' group by 1, 2, 3
        ) as sums";
    assert_eq!(
        text(&client, sums).await,
        // 'page 1' is one of project a's, and one more not folded.
        "2026-11-20 2 12003006, 2026-11-20 2 12003006, 2026-11-21 4 14, 2026-11-21 4 14, \
         2026-11-22 2 18003001, 2026-11-22 2 18003002"
    );
    let dimensions = "
        select string_agg(format('%s %s %s %s', date, dimension, named_count, other_count), ', ' order by date)
        from daily_dimension_stats where project_id = ''";
    assert_eq!(
        text(&client, dimensions).await,
        // The least frequent thousand are among the others: 1 to 1,000.
        "2026-11-20 2 4000 7, 2026-11-21 4 1 3, 2026-11-22 2 5000 500502"
    );
    let phones = "select events_count::text from daily_value_stats where project_id = '' and dimension = 4";
    assert_eq!(text(&client, phones).await, "11");
    let sketches =
        "select string_agg(visitors::text, ' ' order by visitors) from daily_visitors where project_id = ''";
    assert_eq!(text(&client, sketches).await, "\\x61 \\x62", "the projects' stand for that of every project");
}

#[tokio::test]
async fn services_of_the_release_before_work_on_the_new_tables() {
    let (_database, client) = database_of_before().await;
    client.batch_execute(FOLDED).await.unwrap();
    upgrade(&client).await;
    client.batch_execute("set role footfall_write").await.unwrap();
    let append = "
        insert into rollup_deltas (project_id, date, dimensions, \"values\", counts, visitors, sessions)
        values ('a', '2026-11-20', '{2}', '{page 2}', '{1}', 'd', null)";
    client.batch_execute(append).await.unwrap();
    let add = "
        insert into quarter_hour_stats as stats (project_id, bucket_at, impressions_count, interactions_count)
        select 'a', '2026-11-20 10:00Z', 1, 0
        on conflict (project_id, bucket_at) do update
        set impressions_count = stats.impressions_count + excluded.impressions_count";
    client.batch_execute(add).await.unwrap();
    let fold = "select project_id, date, visitors, sessions, deltas, named, other from fold_deltas($1)";
    assert!(client.query(fold, &[&2_000]).await.unwrap().is_empty(), "it would leave every project short");
    let merge = "
        insert into daily_visitor_sketches (project_id, date, visitors, sessions)
        select * from unnest(array['a'], array[date '2026-11-20'], array['c'::bytea], array[''::bytea])
        on conflict (project_id, date) do update set visitors = excluded.visitors, sessions = excluded.sessions";
    client.batch_execute(merge).await.unwrap();
    client.batch_execute("reset role; set role footfall_read").await.unwrap();
    let read =
        "select sum(impressions_count)::text from quarter_hour_stats where project_id = any (array['a'])";
    assert_eq!(text(&client, read).await, "4");
}
