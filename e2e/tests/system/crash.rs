//! A writer that is killed at the worst moments, made to last by a proxy that holds bytes back.

use std::collections::BTreeSet;

use nix::sys::signal::Signal;
use testkit::{Proxy, TestBroker, TestDatabase, eventually};

use crate::support::{STORED_LIMIT, System, impression};

/// What stands in every row of these tests, and in nothing that is sent before.
const IN_A_ROW: &[u8] = b"https://example.com/";

async fn proxy_of(url: &str) -> (Proxy, String) {
    let at = url.rfind('@').unwrap() + 1;
    let end = at + url[at..].find('/').unwrap();
    let proxy = Proxy::start(&url[at..end]).await.unwrap();
    let behind = format!("{}{}{}", &url[..at], proxy.addr(), &url[end..]);
    (proxy, behind)
}

fn urls(count: usize) -> BTreeSet<String> {
    (0..count).map(|place| format!("https://example.com/{place}")).collect()
}

#[tokio::test]
async fn a_writer_killed_between_commit_and_ack_doubles_nothing() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let (proxy, amqp_url) = proxy_of(broker.url()).await;
    let mut system = System::start_on(database, broker, Some(amqp_url), None).await;
    system.accepted(&impression("alpha", "https://example.com/0")).await;
    system.stored("analytics_impressions", 1).await;

    // From here on nothing the writer says reaches the broker: it commits, and its acks are lost with it.
    proxy.hold_client_bytes();
    for url in urls(10).iter().skip(1) {
        system.accepted(&impression("alpha", url)).await;
    }
    system.stored("analytics_impressions", 10).await;
    system.writer.kill().await;
    proxy.cut();
    eventually("what was not acknowledged is ready again", STORED_LIMIT, async || {
        system.broker.ready_count(&system.broker.config().queue()).await.filter(|ready| *ready > 0)
    })
    .await;
    system.replace_writer().await;

    // It comes last in the queue: when it is stored, what came back has been dealt with.
    system.accepted(&impression("alpha", "https://example.com/last")).await;
    system.stored("analytics_impressions", 11).await;
    let mut expected = urls(10);
    expected.insert("https://example.com/last".to_owned());
    system.assert_stored_exactly(&expected).await;
    eventually("the ledger met its twins", STORED_LIMIT, async || {
        let metrics = system.client.get(format!("{}/metrics", system.writer.ops_url())).send().await.ok()?;
        let metrics = metrics.text().await.ok()?;
        metrics
            .lines()
            .any(|line| {
                line.strip_prefix("footfall_writer_duplicate_envelopes_total ")
                    .is_some_and(|count| count != "0")
            })
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_writer_killed_in_the_middle_of_a_copy_loses_nothing() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let (proxy, database_url) = proxy_of(&database.url()).await;
    proxy.hold_client_bytes_at(IN_A_ROW);
    let mut system = System::start_on(database, broker, None, Some(database_url)).await;

    for url in urls(10) {
        system.accepted(&impression("alpha", &url)).await;
    }
    // The ledger's rows are in, the COPY of the others has begun, and nothing more comes.
    proxy.held().await;
    let client = system.database.client().await;
    eventually("Postgres is in the middle of the COPY", STORED_LIMIT, async || {
        let sql = "select count(*) from pg_stat_activity \
                   where datname = current_database() and state = 'active' and query like 'copy analytics_impressions%'";
        let copying: i64 = client.query_one(sql, &[]).await.unwrap().get(0);
        (copying == 1).then_some(())
    })
    .await;
    system.writer.kill().await;
    proxy.cut();
    let ledger: i64 = client.query_one("select count(*) from ingest_ledger", &[]).await.unwrap().get(0);
    assert_eq!(ledger, 0, "nothing of the killed transaction is left");
    system.replace_writer().await;

    system.stored("analytics_impressions", 10).await;
    system.assert_stored_exactly(&urls(10)).await;
}

#[tokio::test]
async fn a_collector_killed_under_load_breaks_no_promise() {
    let mut system = System::start().await;
    let bodies: Vec<_> = urls(200).iter().map(|url| impression("alpha", url)).collect();

    let answers = {
        let system = &system;
        let send = |body| async move { (body, system.send(body).await) };
        let mut sending = std::pin::pin!(futures_util::future::join_all(bodies.iter().map(send)));
        // Somewhere in the middle: some answers are out, some requests are in flight, some have not come yet.
        let some_accepted = eventually("some are accepted", STORED_LIMIT, async || {
            let metrics =
                system.client.get(format!("{}/metrics", system.collector.ops_url())).send().await.ok()?;
            metrics.text().await.ok()?.contains(r#"requests_total{code="accepted"}"#).then_some(())
        });
        tokio::select! {
            answers = &mut sending => answers,
            () = some_accepted => {
                system.collector.signal(Signal::SIGKILL);
                sending.await
            }
        }
    };
    let promised: BTreeSet<String> = answers
        .iter()
        .filter(|(_, status)| status.is_some_and(|status| status == 202))
        .map(|(body, _)| body["events"][0]["url"].as_str().unwrap().to_owned())
        .collect();
    system.collector = crate::support::collector(&system.broker, &system.database.url()).await;
    // Each client that got no 202 keeps its envelope and sends it again, the same bytes.
    for body in &bodies {
        if !promised.contains(body["events"][0]["url"].as_str().unwrap()) {
            eventually("the retry is accepted", STORED_LIMIT, async || {
                (system.send(body).await == Some(reqwest::StatusCode::ACCEPTED)).then_some(())
            })
            .await;
        }
    }

    system.stored("analytics_impressions", 200).await;
    system.queue_is_empty().await;
    system.assert_stored_exactly(&urls(200)).await;
}

#[tokio::test]
async fn what_a_killed_writer_had_stored_is_not_stored_again_by_its_neighbour() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let (proxy, amqp_url) = proxy_of(broker.url()).await;
    let mut system = System::start_on(database, broker, Some(amqp_url), None).await;
    let neighbour = system.another_writer().await;
    for writer in [&system.writer, &neighbour] {
        eventually("both writers consume", STORED_LIMIT, async || {
            let metrics = system.client.get(format!("{}/metrics", writer.ops_url())).send().await.ok()?;
            metrics.text().await.ok()?.contains("\nfootfall_writer_consuming 1").then_some(())
        })
        .await;
    }

    // The broker hands messages to both in turn; what the one says does not reach it any more.
    proxy.hold_client_bytes();
    for url in urls(20) {
        system.accepted(&impression("alpha", &url)).await;
    }
    system.stored("analytics_impressions", 20).await;
    system.writer.kill().await;
    proxy.cut();
    eventually("the neighbour meets what the killed one had stored", STORED_LIMIT, async || {
        let metrics = system.client.get(format!("{}/metrics", neighbour.ops_url())).send().await.ok()?;
        let metrics = metrics.text().await.ok()?;
        let handled =
            ["duplicate_envelopes_total ", "rows_total{table=\"analytics_impressions\"} "].map(|name| {
                let line =
                    metrics.lines().find_map(|line| line.strip_prefix(&format!("footfall_writer_{name}")));
                line.and_then(|count| count.parse::<u32>().ok()).unwrap_or(0)
            });
        (handled[0] > 0 && handled.iter().sum::<u32>() == 20).then_some(())
    })
    .await;

    system.queue_is_empty().await;
    system.assert_stored_exactly(&urls(20)).await;
}
