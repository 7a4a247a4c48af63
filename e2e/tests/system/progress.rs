//! How far the writers say that they have come, against what is visible.

use std::time::Duration;

use shared::clock;
use testkit::eventually;
use time::OffsetDateTime;
use tokio::time::Instant;
use tokio_postgres::{Client, IsolationLevel};

use crate::support::{STORED_LIMIT, System, impression};

/// What a reader takes of the table: the rows of writers that live.
const LIVING: &str = "
    select count(*), case when count(*) = count(complete_until) then min(complete_until) end, max(waiting_messages),
           coalesce(sum(consumers), 0)
    from writer_progress where reported_at > now() - interval '10 seconds'";

#[derive(Debug)]
struct Seen {
    writers: i64,
    complete_until: Option<OffsetDateTime>,
    waiting_messages: Option<i64>,
    consumers: i64,
}

async fn seen(client: &Client) -> Seen {
    let row = client.query_one(LIVING, &[]).await.unwrap();
    Seen {
        writers: row.get(0),
        complete_until: row.get(1),
        waiting_messages: row.get(2),
        consumers: row.get(3),
    }
}

/// Waits until every event received before `at` is said to be visible.
async fn complete_until(client: &Client, at: OffsetDateTime) {
    eventually("the writers vouch for that time", STORED_LIMIT, async || {
        seen(client).await.complete_until.filter(|until| *until > at)
    })
    .await;
}

/// Waits for as many reports of any writer as `count`.
async fn reports(client: &Client, count: usize) -> Vec<Seen> {
    let mut reported = std::collections::BTreeSet::new();
    let mut all = Vec::new();
    eventually("some reports", STORED_LIMIT, async || {
        let row = client.query_one("select max(reported_at) from writer_progress", &[]).await.unwrap();
        if reported.insert(row.get::<_, Option<OffsetDateTime>>(0)) {
            all.push(seen(client).await);
        }
        (reported.len() > count).then_some(())
    })
    .await;
    all
}

#[tokio::test]
async fn it_stands_still_while_a_delivery_cannot_be_stored_and_moves_on_afterwards() {
    let system = System::start().await;
    let client = system.database.client().await;
    complete_until(&client, clock::now()).await;
    let mut locker = system.database.client().await;
    let lock = locker.transaction().await.unwrap();
    lock.batch_execute("lock table analytics_impressions in access exclusive mode").await.unwrap();

    let sent_at = clock::now();
    system.accepted(&impression("alpha", "https://example.com/locked")).await;
    let told = reports(&client, 8).await;
    assert!(told.iter().all(|seen| seen.complete_until.is_some_and(|until| until < sent_at)), "{told:?}");

    lock.rollback().await.unwrap();
    let stored = "select count(*) from analytics_impressions";
    eventually("it is vouched for", STORED_LIMIT, async || {
        let until = seen(&client).await.complete_until?;
        if until <= clock::now() - Duration::from_secs(60) || until <= sent_at + Duration::from_secs(1) {
            return None;
        }
        let stored: i64 = client.query_one(stored, &[]).await.unwrap().get(0);
        assert_eq!(stored, 1, "vouched for until {until}, and not there");
        Some(())
    })
    .await;
}

#[tokio::test]
async fn what_waits_in_the_queue_is_counted_also_while_nobody_consumes() {
    let system = System::start().await;
    let client = system.database.client().await;
    let mut locker = system.database.client().await;
    let lock = locker.transaction().await.unwrap();
    lock.batch_execute("lock table analytics_impressions in access exclusive mode").await.unwrap();
    system.accepted(&impression("alpha", "https://example.com/0")).await;
    // The one batch that is tried waits for the lock in vain; then everything is in the queue.
    eventually("nobody consumes", STORED_LIMIT, async || {
        let seen = seen(&client).await;
        (seen.consumers == 0 && seen.waiting_messages == Some(1)).then_some(())
    })
    .await;
    for number in 1..5 {
        system.accepted(&impression("alpha", &format!("https://example.com/{number}"))).await;
    }
    // At least: a RabbitMQ 3.10 that had run for hours counted six, of which five were ever handed out.
    eventually("five wait", STORED_LIMIT, async || {
        (seen(&client).await.waiting_messages >= Some(5)).then_some(())
    })
    .await;
    lock.rollback().await.unwrap();
    system.stored("analytics_impressions", 5).await;
    eventually("none waits", STORED_LIMIT, async || {
        (seen(&client).await.waiting_messages == Some(0)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_writer_that_ends_takes_its_row_away_and_one_that_is_killed_is_forgotten() {
    let mut system = System::start().await;
    let client = system.database.client().await;
    complete_until(&client, clock::now()).await;
    assert_eq!(seen(&client).await.writers, 1);
    assert!(system.writer.terminate().await.success());
    let left: i64 = client.query_one("select count(*) from writer_progress", &[]).await.unwrap().get(0);
    assert_eq!(left, 0, "rows that an ended writer left");

    system.replace_writer().await;
    complete_until(&client, clock::now()).await;
    system.writer.kill().await;
    assert_eq!(seen(&client).await.writers, 1, "it may have had deliveries in hand");
    eventually("its row no longer counts", STORED_LIMIT, async || {
        (seen(&client).await.writers == 0).then_some(())
    })
    .await;
    // The next one takes the row away.
    system.replace_writer().await;
    complete_until(&client, clock::now()).await;
    let left: i64 = client.query_one("select count(*) from writer_progress", &[]).await.unwrap().get(0);
    assert_eq!(left, 1, "rows beside the living writer's");
}

#[tokio::test]
async fn it_stands_still_while_somebody_consumes_who_does_not_report() {
    let system = System::start().await;
    let client = system.database.client().await;
    complete_until(&client, clock::now()).await;
    let config = system.broker.config();
    let mut silent = shared::queue::rabbitmq::ConsumeSession::open(&config, 1_000).await.unwrap();
    // From here on half of what comes is in hands that store nothing.
    let subscribed_at = clock::now();
    for number in 0..4 {
        system.accepted(&impression("alpha", &format!("https://example.com/{number}"))).await;
    }
    silent.next().await.unwrap();
    let told = reports(&client, 5).await;
    assert!(
        told.iter().all(|seen| seen.complete_until.is_some_and(|until| until < subscribed_at)),
        "{told:?}"
    );
    silent.close().await;
    system.stored("analytics_impressions", 4).await;
    complete_until(&client, clock::now()).await;
}

/// A writer ends or is killed in turn, with deliveries in hand that can't be stored, or without, while events come. Each time that a
/// reader looks, everything that was answered before the time vouched for must be there, in the same snapshot.
#[tokio::test]
async fn nothing_is_vouched_for_that_is_not_visible_whatever_happens_to_writers() {
    let system = System::start().await;
    let mut reader = system.database.client().await;
    let mut second = system.another_writer().await;
    // When the impression of each number was answered.
    let mut answered: Vec<OffsetDateTime> = Vec::new();
    for (is_locked, is_killed) in [(true, false), (true, true), (false, false), (false, true)] {
        let mut locker = system.database.client().await;
        let mut lock = Some(locker.transaction().await.unwrap());
        if let Some(lock) = lock.as_ref().filter(|_| is_locked) {
            lock.batch_execute("lock table analytics_impressions in exclusive mode").await.unwrap();
        }
        let began = Instant::now();
        let mut replaced_at = None;
        eventually("it moves on beyond what happened", STORED_LIMIT, async || {
            let url = format!("https://example.com/{}", answered.len());
            system.accepted(&impression("alpha", &url)).await;
            answered.push(clock::now());
            if replaced_at.is_none() && began.elapsed() > Duration::from_secs(1) {
                if is_killed {
                    second.kill().await;
                } else {
                    assert!(second.terminate().await.success());
                }
                second = system.another_writer().await;
                replaced_at = Some(clock::now());
            }
            if began.elapsed() > Duration::from_millis(2_500) {
                drop(lock.take());
            }
            let vouched = look(&mut reader, &answered).await;
            vouched.filter(|vouched| replaced_at.is_some_and(|at| *vouched > at))
        })
        .await;
    }
    system.stored("analytics_impressions", answered.len() as i64).await;
    complete_until(&reader, clock::now()).await;
}

/// What is vouched for, if anything, once everything that was answered before it was found in the same snapshot.
async fn look(reader: &mut Client, answered: &[OffsetDateTime]) -> Option<OffsetDateTime> {
    let snapshot = reader.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let snapshot = snapshot.start().await.unwrap();
    let vouched = snapshot.query_one(LIVING, &[]).await.unwrap().get::<_, Option<OffsetDateTime>>(1)?;
    // Numbers follow the times of their answers.
    let must = answered.partition_point(|at| *at < vouched) as i64;
    let sql = "select count(*) from analytics_impressions where substring(url from '[0-9]+$')::bigint < $1";
    let stored: i64 = snapshot.query_one(sql, &[&must]).await.unwrap().get(0);
    assert_eq!(stored, must, "of so many that were answered before {vouched}, that are there");
    Some(vouched)
}
