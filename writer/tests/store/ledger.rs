//! The ledger, whatever clocks say, whoever claims at the same moment, and however late.

use std::time::Duration;

use shared::envelope::{DropReason, Envelope};
use testkit::envelopes::{dropped, envelope, impression};
use testkit::eventually;
use testkit::recount::assert_rollups_equal_a_recount;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::{Builder, Uuid};
use writer::enrich::Enricher;
use writer::enrich::geo::Geo;
use writer::store::{QuarantineReason, Replayed};

use crate::support::Bench;

/// Batches without a twin after which a store claims blindly, and some more.
const CLEAN_BATCHES: usize = 20;
/// What the release before claims by.
const CLAIM_OF_V8: &str = "
insert into ingest_ledger
    (envelope_id, project_id, events_hash, stored_count, quarantined_count, dropped_count, received_at)
select *
from unnest($1::uuid[], $2::text[], $3::bytea[], $4::integer[], $5::integer[], $6::integer[], $7::timestamptz[])
    as asked (envelope_id, project_id, events_hash, stored_count, quarantined_count, dropped_count, received_at)
order by envelope_id, project_id
on conflict do nothing
returning envelope_id, project_id";

/// An envelope with an impression, by a client whose clock says `at`.
fn by_clock(at: OffsetDateTime) -> Envelope {
    let ms = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap();
    let random: [u8; 10] = std::array::from_fn(|_| fastrand::u8(..));
    let id = Builder::from_unix_timestamp_millis(ms, &random).into_uuid();
    Envelope {
        envelope_id: id.try_into().unwrap(),
        ..envelope("alpha", vec![impression("https://example.com/")])
    }
}

fn days_ago(days: i64) -> OffsetDateTime {
    shared::clock::now() - time::Duration::days(days)
}

/// An envelope that has been in the queue for so many days.
fn received(days: i64) -> Envelope {
    Envelope { received_at: days_ago(days), ..by_clock(days_ago(days)) }
}

async fn remember(bench: &Bench, days: i32) {
    bench.client.execute("update retention set ledger_days = $1", &[&days]).await.unwrap();
}

async fn replay(bench: &mut Bench, even_if_counted: bool) -> Replayed {
    let sql = "select max(quarantine_id) from quarantine";
    let id: i64 = bench.client.query_one(sql, &[]).await.unwrap().get(0);
    let enricher = Enricher::new(Geo::open(&[]).unwrap());
    match even_if_counted {
        true => bench.store.replay_unjudged(&enricher, id).await.unwrap(),
        false => bench.store.replay(&enricher, id).await.unwrap(),
    }
}

#[tokio::test]
async fn a_retry_meets_its_twin_whatever_the_clients_clock_says() {
    let mut bench = Bench::new().await;
    let clocks = [
        datetime!(1970-01-01 0:00 UTC),
        datetime!(2000-01-01 0:00 UTC),
        datetime!(2023-12-31 23:59:59.999 UTC),
        datetime!(2024-01-01 0:00 UTC),
        days_ago(31),
        days_ago(0),
        days_ago(-10),
        days_ago(-400),
        datetime!(2200-02-28 12:00 UTC),
    ];
    let sent = clocks.map(by_clock);

    let first = bench.store(&sent).await.unwrap();
    let again = bench.store(&sent).await.unwrap();

    assert_eq!((first.impressions, first.duplicate_envelopes), (9, 0));
    assert_eq!((again.impressions, again.duplicate_envelopes), (0, 9));
    for (edge, rows) in [("ingest_ledger_early", 3), ("ingest_ledger_late", 2)] {
        assert_eq!(bench.count(edge).await, rows, "{edge}");
    }
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (9, 0));
}

#[tokio::test]
async fn what_came_too_late_to_be_judged_is_kept_once_and_its_neighbours_are_stored() {
    let mut bench = Bench::new().await;
    let sent = [received(31), received(29), by_clock(days_ago(0))];

    let first = bench.store(&sent).await.unwrap();
    let again = bench.store(&sent).await.unwrap();

    assert_eq!((first.impressions, first.quarantined), (2, vec![(QuarantineReason::TooOld, 1)]));
    assert_eq!((again.impressions, again.duplicate_envelopes, again.quarantined), (0, 2, vec![]));
    assert_eq!(bench.quarantined().await, [("too_old".to_owned(), Some(0))]);
    assert_eq!(bench.count("ingest_ledger").await, 2, "nothing is claimed by guessing");
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (2, 0));
}

#[tokio::test]
async fn what_the_ledger_still_knows_is_a_retry_however_late_it_comes() {
    let mut bench = Bench::new().await;
    let sent = [received(29)];
    bench.store(&sent).await.unwrap();
    remember(&bench, 8).await;

    let again = bench.store(&sent).await.unwrap();

    assert_eq!((again.duplicate_envelopes, again.quarantined), (1, vec![]));
}

#[tokio::test]
async fn a_retry_of_today_is_stored_though_its_first_try_waited_for_too_long() {
    let mut bench = Bench::new().await;
    let old = received(31);
    let young = Envelope { received_at: days_ago(0), ..old.clone() };

    let receipt = bench.store(&[old, young]).await.unwrap();

    assert_eq!(
        (receipt.impressions, receipt.duplicate_envelopes, receipt.quarantined),
        (1, 1, vec![]),
        "one event, one fate"
    );
}

#[tokio::test]
async fn a_ledger_that_remembers_for_ever_judges_everything() {
    let mut bench = Bench::new().await;
    remember(&bench, 0).await;

    let receipt = bench.store(&[received(1_000)]).await.unwrap();

    assert_eq!((receipt.impressions, receipt.quarantined), (1, vec![]));
}

#[tokio::test]
async fn what_is_too_old_is_replayed_only_where_somebody_says_that_it_was_not_counted_and_then_once() {
    let mut bench = Bench::new().await;
    let sent = received(40);
    bench.store(std::slice::from_ref(&sent)).await.unwrap();

    let stays = replay(&mut bench, false).await;
    assert!(matches!(&stays, Replayed::Stays(why) if why.contains("--even-if-counted")), "{stays:?}");
    assert_eq!(bench.count("quarantine").await, 1);
    assert_eq!(replay(&mut bench, true).await, Replayed::Stored(1));

    let sql = "select created_at from analytics_impressions";
    let at: OffsetDateTime = bench.client.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(at, sent.received_at, "it counts when it happened");
    bench.store(&[sent]).await.unwrap();
    assert_eq!(replay(&mut bench, true).await, Replayed::Duplicate, "a redelivery's entry meets the first");
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 0));
}

#[tokio::test]
async fn a_drop_that_is_too_old_is_kept_with_its_number() {
    let mut bench = Bench::new().await;
    let sent = [Envelope { received_at: days_ago(31), ..dropped("alpha", DropReason::Gpc, 7) }];

    let first = bench.store(&sent).await.unwrap();
    let again = bench.store(&sent).await.unwrap();
    assert_eq!((first.dropped, first.quarantined), (vec![], vec![(QuarantineReason::TooOld, 1)]));
    assert_eq!((again.dropped, again.quarantined), (vec![], vec![]));
    replay(&mut bench, true).await;

    let sql = "select sum(dropped_count)::bigint from daily_dropped_stats";
    assert_eq!(bench.client.query_one(sql, &[]).await.unwrap().get::<_, Option<i64>>(0), Some(7));
    assert_eq!(bench.count("quarantine").await, 0);
    assert_rollups_equal_a_recount(&bench.client).await;
}

#[tokio::test]
async fn after_many_batches_without_a_twin_a_twin_is_met_all_the_same() {
    let mut bench = Bench::new().await;
    for _ in 0..CLEAN_BATCHES {
        bench.store(&[by_clock(days_ago(0))]).await.unwrap();
    }
    let first = by_clock(days_ago(0));
    bench.store(std::slice::from_ref(&first)).await.unwrap();

    let mut reused = first.clone();
    reused.events.push(impression("https://example.com/other"));
    let receipt = bench.store(&[by_clock(days_ago(40)), first, by_clock(days_ago(0))]).await.unwrap();
    let reuse = bench.store(&[reused]).await.unwrap();

    assert_eq!((receipt.impressions, receipt.duplicate_envelopes), (2, 1));
    assert_eq!(reuse.quarantined, [(QuarantineReason::IdReuse, 2)]);
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (CLEAN_BATCHES as i64 + 3, 0));
}

/// Has a transaction under way that claimed an envelope, stores it and others, and ends the transaction once the store waits
/// for it; answers impressions and duplicates.
async fn store_beside(bench: &mut Bench, ending: &str) -> (u64, u64) {
    let sent = [by_clock(days_ago(0)), by_clock(days_ago(100)), by_clock(days_ago(0))];
    let other = bench.database.client().await;
    other.batch_execute("begin").await.unwrap();
    assert_eq!(claim_as_v8(&other, &sent[1]).await, 1);

    let watching = bench.database.client().await;
    let ending = async {
        eventually("the store waits", Duration::from_secs(30), async || {
            let waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' \
                           and application_name = 'footfall-writer' and datname = current_database()";
            (watching.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 1).then_some(())
        })
        .await;
        other.batch_execute(ending).await.unwrap();
    };
    let (receipt, ()) = tokio::join!(bench.store(&sent), ending);
    let receipt = receipt.unwrap();
    (receipt.impressions, receipt.duplicate_envelopes)
}

/// Claims as a writer of the release before, and answers how many were new.
async fn claim_as_v8(client: &tokio_postgres::Client, envelope: &Envelope) -> usize {
    let prepared = crate::support::prepare(&[testkit::envelopes::message(std::slice::from_ref(envelope))]);
    let hash = prepared.envelopes[0].events_hash;
    let id: Uuid = envelope.envelope_id.as_uuid();
    let project = envelope.project_id.as_str();
    let rows = client
        .query(
            CLAIM_OF_V8,
            &[
                &[id].as_slice(),
                &[project].as_slice(),
                &[hash.as_slice()].as_slice(),
                &[1_i32].as_slice(),
                &[0_i32].as_slice(),
                &[0_i32].as_slice(),
                &[envelope.received_at].as_slice(),
            ],
        )
        .await
        .unwrap();
    rows.len()
}

#[tokio::test]
async fn who_claims_at_the_same_moment_and_commits_was_first() {
    let mut bench = Bench::new().await;
    assert_eq!(store_beside(&mut bench, "commit").await, (2, 1));
    for _ in 0..CLEAN_BATCHES {
        bench.store(&[by_clock(days_ago(0))]).await.unwrap();
    }
    assert_eq!(store_beside(&mut bench, "commit").await, (2, 1), "also where it was claimed blindly");
}

#[tokio::test]
async fn who_claims_at_the_same_moment_and_gives_up_was_not() {
    let mut bench = Bench::new().await;
    assert_eq!(store_beside(&mut bench, "rollback").await, (3, 0));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (3, 0));
}

#[tokio::test]
async fn a_writer_of_the_release_before_claims_the_same_envelopes() {
    let mut bench = Bench::new().await;
    let ours = [by_clock(days_ago(0)), by_clock(datetime!(1970-01-01 0:00 UTC)), by_clock(days_ago(-400))];
    bench.store(&ours).await.unwrap();
    let theirs = [by_clock(days_ago(0)), by_clock(datetime!(1971-01-01 0:00 UTC)), by_clock(days_ago(-401))];

    for sent in &ours {
        assert_eq!(claim_as_v8(&bench.client, sent).await, 0);
    }
    for sent in &theirs {
        assert_eq!(claim_as_v8(&bench.client, sent).await, 1);
    }

    assert_eq!(bench.store(&theirs).await.unwrap().duplicate_envelopes, 3);
}
