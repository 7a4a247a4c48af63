//! Rollups equal a recount at every commit.

use shared::envelope::DropReason;
use shared::event::InteractionType;
use testkit::envelopes::{dropped, envelope, impression, interaction};
use testkit::recount::assert_rollups_equal_a_recount;

use crate::support::Bench;

#[tokio::test]
async fn rollups_equal_a_recount_after_every_batch_of_any_shape() {
    let mut bench = Bench::new().await;
    let mut random = fastrand::Rng::with_seed(7);
    let mut earlier = Vec::new();
    let (mut impressions, mut interactions) = (0, 0);
    for _batch in 0..20 {
        let mut batch = Vec::new();
        for _envelope in 0..random.usize(1..6) {
            let project = ["alpha", "beta", "nobody"][random.usize(0..3)];
            let events = (0..random.usize(1..6)).map(|_| {
                let mut event = match random.bool() {
                    true => impression("https://example.com/"),
                    false => interaction(InteractionType::ClickBubble, &serde_json::Value::Null),
                };
                // Up to ten days back: several days, months perhaps, and each quarter of an hour.
                event.age_ms = random.u64(0..864_000_000);
                event
            });
            let sent = envelope(project, events.collect());
            if project != "nobody" {
                let is_impression = |event: &&shared::event::Event| {
                    matches!(event.kind, shared::event::EventKind::Impression { .. })
                };
                let of_envelope = i64::try_from(sent.events.iter().filter(is_impression).count()).unwrap();
                impressions += of_envelope;
                interactions += i64::try_from(sent.events.len()).unwrap() - of_envelope;
            }
            batch.push(sent);
            if random.bool() {
                let reason = DropReason::ALL[random.usize(0..DropReason::ALL.len())];
                let mut sent = dropped(project, reason, random.u16(1..100));
                sent.received_at -= time::Duration::hours(random.i64(0..240));
                batch.push(sent);
            }
        }
        if let Some(again) = random.choice(&earlier) {
            batch.push(Clone::clone(again));
        }
        bench.store(&batch).await.unwrap();
        earlier.extend(batch);

        assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (impressions, interactions));
    }
}

#[tokio::test]
#[should_panic(expected = "rollups differ from a recount")]
async fn a_rollup_changed_by_hand_is_noticed() {
    let mut bench = Bench::new().await;
    bench.store(&[envelope("alpha", vec![impression("https://example.com/")])]).await.unwrap();
    bench.client.batch_execute("update daily_analytics_stats set impressions_count = 2").await.unwrap();

    assert_rollups_equal_a_recount(&bench.client).await;
}

#[tokio::test]
#[should_panic(expected = "rollups differ from a recount")]
async fn a_count_of_drops_changed_by_hand_is_noticed() {
    let mut bench = Bench::new().await;
    bench.store(&[dropped("alpha", DropReason::Gpc, 1)]).await.unwrap();
    bench.client.batch_execute("update daily_dropped_stats set dropped_count = 2").await.unwrap();

    assert_rollups_equal_a_recount(&bench.client).await;
}
