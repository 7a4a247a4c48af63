//! A full queue, several loaders, and writers that die in the middle of it.

use e2e::backlog::{Plan, fill};
use e2e::workload::projects;
use testkit::recount::assert_rollups_equal_a_recount;
use testkit::{Service, TestBroker, TestDatabase, eventually};

use crate::support::STORED_LIMIT;

/// Loaders that take a message at a time and hold another: many batches of each, and many deliveries in flight.
async fn writer(database: &TestDatabase, broker: &TestBroker) -> Service {
    let settings = [
        ("AMQP_URL", broker.url()),
        ("FOOTFALL_QUEUE_PREFIX", broker.prefix()),
        ("DATABASE_URL", &database.url()),
        ("FOOTFALL_OPS_ADDR", "127.0.0.1:0"),
        // The tests' server is a disposable one, which syncs nothing.
        ("FOOTFALL_ALLOW_UNSAFE", "true"),
        ("FOOTFALL_LOADERS", "3"),
        ("FOOTFALL_BATCH_MESSAGES", "1"),
    ];
    Service::spawn("writer", &settings).await
}

#[tokio::test]
async fn a_backlog_is_stored_once_by_several_loaders_that_are_killed_on_the_way() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let client = database.client().await;
    let (ids, names): (Vec<String>, Vec<String>) = projects().unzip();
    let insert = "insert into projects (project_id, name) select * from unnest($1::text[], $2::text[])";
    client.execute(insert, &[&ids, &names]).await.unwrap();
    let backlog = fill(&broker.config(), Plan { seed: 1, events: 40_000 }).await.unwrap();
    let sent = i64::try_from(backlog.events()).unwrap();
    let stored = async || {
        let sql =
            "select (select count(*) from analytics_impressions) + (select count(*) from analytics_events)";
        client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0)
    };

    for part in [sent / 8, sent / 2] {
        let mut writer = writer(&database, &broker).await;
        eventually("a part is stored", STORED_LIMIT, async || (stored().await >= part).then_some(())).await;
        writer.kill().await;
    }
    let mut last = writer(&database, &broker).await;
    eventually("all is stored", STORED_LIMIT, async || (stored().await >= sent).then_some(())).await;
    assert!(last.terminate().await.success());

    let (impressions, interactions) = assert_rollups_equal_a_recount(&client).await;
    assert_eq!(
        (u64::try_from(impressions).unwrap(), u64::try_from(interactions).unwrap()),
        (backlog.impressions, backlog.interactions)
    );
    let ledger: i64 = client.query_one("select count(*) from ingest_ledger", &[]).await.unwrap().get(0);
    assert_eq!(u64::try_from(ledger).unwrap(), backlog.envelopes);
    eventually("everything is acknowledged", STORED_LIMIT, async || {
        broker.ready_count(&broker.config().queue()).await.filter(|ready| *ready == 0)
    })
    .await;
}
