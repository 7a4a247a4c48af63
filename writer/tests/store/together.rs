//! Writers that store the same at the same time wait for each other, and never in a circle.

use shared::envelope::{DropReason, Envelope, RobotSigns};
use shared::event::InteractionType;
use testkit::envelopes::{dropped, envelope, impression, interaction, message};
use testkit::recount::assert_rollups_equal_a_recount;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::Barrier;
use writer::store::Store;

use crate::support::{Bench, prepare};

const RECEIVED_AT: OffsetDateTime = datetime!(2026-11-23 01:00 UTC);
const WRITERS: u64 = 8;
const PROJECTS: u8 = 12;
/// Rounds of three kinds in turn, since a batch that has all in it waits at the first table, and meets nobody at the next.
const ROUNDS: u64 = 24;
/// Envelopes of a round that each writer has most of, in an order of its own.
const SHARED: usize = 40;
/// Envelopes of a round that one writer has, of the same projects and times.
const OWN: usize = 40;
/// Envelopes of a round that reuse an id, and every writer has; and the events of each.
const REUSED: usize = 40;
const REUSED_EVENTS: usize = 12;

/// An envelope of one of many projects: of a visitor or a robot, stored, dropped, or of nobody's project.
fn any(random: &mut fastrand::Rng) -> Envelope {
    let project = format!("p{}", random.u8(0..PROJECTS));
    match random.u8(0..8) {
        0 => dropped(&project, DropReason::Gpc, 2),
        1 => Envelope {
            robot: RobotSigns { webdriver: true, ..RobotSigns::default() },
            ..envelope(&project, vec![impression("https://e.com/robot")])
        },
        2 => envelope(&format!("nobody{}", random.u8(0..3)), vec![impression("https://e.com/nobody"); 2]),
        _ => {
            let mut events = vec![
                impression("https://e.com/"),
                interaction(InteractionType::OpenChat, &serde_json::Value::Null),
            ];
            // A few quarters of two days, in any order.
            events.iter_mut().for_each(|event| event.age_ms = random.u64(0..2 * 3_600 * 1_000));
            envelope(&project, events)
        }
    }
}

#[tokio::test]
async fn eight_writers_with_overlapping_batches_never_deadlock_and_store_each_envelope_once() {
    let mut bench = Bench::new().await;
    let projects = "insert into projects select 'p' || place, 'P' from generate_series(0, 11) as place";
    bench.client.batch_execute(projects).await.unwrap();
    let url = bench.database.url();
    for round in (0..ROUNDS).filter(|round| round % 3 == 2) {
        let firsts: Vec<Envelope> = reused(round).into_iter().map(first_with_its_id).collect();
        bench.store(&firsts).await.unwrap();
    }
    // They begin each round together, or they would seldom meet.
    let barrier = Barrier::new(usize::try_from(WRITERS).unwrap());

    let writers = (0..WRITERS).map(|writer| {
        let (url, barrier) = (url.clone(), &barrier);
        async move {
            let mut store = Store::new(url.parse().unwrap());
            for round in 0..ROUNDS {
                let mut random = fastrand::Rng::with_seed(1_000 + writer * ROUNDS + round);
                let mut batch = match round % 3 {
                    0 => events(round, &mut random),
                    1 => drops(&mut random),
                    _ => reused(round),
                };
                random.shuffle(&mut batch);
                let batch = prepare(&[message(&batch)]);
                barrier.wait().await;
                // Not flush, which would try again where a deadlock was found.
                store.commit(&batch.envelopes, &[]).await.unwrap();
            }
        }
    });
    futures_util::future::join_all(writers).await;

    let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(bench.client.query_one(deadlocks, &[]).await.unwrap().get::<_, i64>(0), 0);
    let (impressions, interactions) = assert_rollups_equal_a_recount(&bench.client).await;
    let sums =
        "select count(*), sum(stored_count)::bigint, sum(quarantined_count)::bigint from ingest_ledger";
    let row = bench.client.query_one(sums, &[]).await.unwrap();
    let (envelopes, stored, quarantined): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    let of_round = |envelopes: usize| i64::try_from(envelopes).unwrap() * i64::try_from(ROUNDS / 3).unwrap();
    let (own, shared) = (of_round(OWN) * 2 * i64::try_from(WRITERS).unwrap(), of_round(SHARED));
    let with_firsts = own + of_round(REUSED);
    assert!((with_firsts + shared / 2..=with_firsts + shared).contains(&envelopes), "{envelopes} envelopes");
    let of_reused = bench.count("quarantine where reason = 'id_reuse'").await;
    assert_eq!(of_reused, of_round(REUSED * REUSED_EVENTS));
    let kept = bench.count("quarantine").await - of_reused;
    assert_eq!((impressions + interactions, kept), (stored, quarantined));
}

/// Envelopes that other writers have in this round, and as many of one's own, in any order.
fn events(round: u64, random: &mut fastrand::Rng) -> Vec<Envelope> {
    // All draw the same of those that they share, whose ids are made of round and place.
    let mut same = fastrand::Rng::with_seed(round);
    let mut batch: Vec<Envelope> = (0..SHARED).map(|_| any(&mut same)).collect();
    for (place, envelope) in batch.iter_mut().enumerate() {
        same_for_all(envelope, round, place as u64);
    }
    random.shuffle(&mut batch);
    batch.truncate(random.usize(SHARED / 2..=SHARED));
    batch.extend((0..OWN).map(|_| Envelope { received_at: RECEIVED_AT, ..any(random) }));
    random.shuffle(&mut batch);
    batch
}

/// Envelopes whose ids others had before them.
fn reused(round: u64) -> Vec<Envelope> {
    let reused = |place| {
        let mut envelope = envelope("p0", vec![impression("https://e.com/reused"); REUSED_EVENTS]);
        same_for_all(&mut envelope, 1_000 + round, place);
        envelope
    };
    (0..REUSED as u64).map(reused).collect()
}

/// Who had the id of an envelope that reuses one.
fn first_with_its_id(reused: Envelope) -> Envelope {
    Envelope { events: vec![impression("https://e.com/first")], ..reused }
}

/// Drops of the same projects, reasons and day as the others' drops.
fn drops(random: &mut fastrand::Rng) -> Vec<Envelope> {
    let mut drop = || {
        let reason = DropReason::ALL[random.usize(0..DropReason::ALL.len())];
        let drop = dropped(&format!("p{}", random.u8(0..PROJECTS)), reason, 1);
        Envelope { received_at: RECEIVED_AT, ..drop }
    };
    (0..OWN).map(|_| drop()).collect()
}

/// Gives an envelope the ids that every writer gives it, and a time of receipt.
fn same_for_all(envelope: &mut Envelope, round: u64, place: u64) {
    let id = 0x0193_8d5e_7c00_7000_8000_0000_0000_0000_u128 + u128::from(round) * 1_000 + u128::from(place);
    envelope.envelope_id = uuid::Uuid::from_u128(id).try_into().unwrap();
    envelope.received_at = RECEIVED_AT;
    envelope.visitor_id = envelope.visitor_id.map(|_| uuid::Uuid::from_u128(id));
    envelope.session_id = envelope.session_id.map(|_| uuid::Uuid::from_u128(id));
}
