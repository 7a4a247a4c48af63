//! A row that Postgres refuses goes to quarantine, and takes no neighbour along.

use serde_json::json;
use shared::event::{EventKind, InteractionType};
use testkit::envelopes::{envelope, impression, interaction};
use testkit::recount::assert_rollups_equal_a_recount;
use writer::store::{QuarantineReason, StoreError};

use crate::support::Bench;

const REFUSED: QuarantineReason = QuarantineReason::Refused;

#[tokio::test]
async fn a_refused_row_is_kept_and_its_neighbours_are_stored() {
    let mut bench = Bench::new().await;
    // No collector lets these through; the writer must not trust that.
    let nul_in_data = interaction(InteractionType::OpenChat, &json!({"text": "a\0b"}));
    let good = interaction(InteractionType::OpenChat, &json!({"text": "fine"}));
    let sent = [
        envelope("alpha", vec![impression("https://example.com/1"), impression("https://example.com/\0")]),
        envelope("alpha", vec![good.clone(), nul_in_data, good]),
        envelope("beta", vec![impression("https://example.com/2")]),
    ];

    let receipt = bench.store(&sent).await.unwrap();

    assert_eq!((receipt.impressions, receipt.interactions), (2, 2));
    assert_eq!(receipt.quarantined, [(REFUSED, 2)]);
    assert_eq!(bench.quarantined().await, [("refused".to_owned(), Some(1)), ("refused".to_owned(), Some(1))]);
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (2, 2));
    let sql = "select sum(stored_count), sum(quarantined_count) from ingest_ledger";
    let ledger = bench.client.query_one(sql, &[]).await.unwrap();
    assert_eq!((ledger.get::<_, i64>(0), ledger.get::<_, i64>(1)), (4, 2));
}

#[tokio::test]
async fn any_subset_of_refused_rows_leaves_exactly_the_others() {
    for seed in 0..12 {
        let mut bench = Bench::new().await;
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bad = 0;
        let mut event = |random: &mut fastrand::Rng| {
            let is_bad = random.u8(0..4) == 0;
            bad += i64::from(is_bad);
            impression(if is_bad { "https://example.com/\0" } else { "https://example.com/" })
        };
        let sent: Vec<_> = (0..random.usize(1..9))
            .map(|_| envelope("alpha", (0..random.usize(1..9)).map(|_| event(&mut random)).collect()))
            .collect();
        let all: i64 = sent.iter().map(|envelope| i64::try_from(envelope.events.len()).unwrap()).sum();

        bench.store(&sent).await.unwrap();

        assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (all - bad, 0), "seed {seed}");
        assert_eq!(bench.count("quarantine where reason = 'refused'").await, bad, "seed {seed}");
    }
}

#[tokio::test]
async fn a_refusal_that_names_no_line_is_found_by_halving() {
    let mut bench = Bench::new().await;
    // Raised at COMMIT, long after the COPY: nothing tells which row it was.
    let refuse_at_commit = "
        create function refuse() returns trigger language plpgsql as
        $$ begin raise exception using errcode = '23514', message = 'refused at commit'; end $$;
        create constraint trigger refuse after insert on analytics_impressions
        deferrable initially deferred for each row when (new.url like '%bad%') execute function refuse();
        do $$ declare child regclass; begin
            for child in select inhrelid from pg_inherits where inhparent = 'analytics_impressions'::regclass loop
                execute format('alter table %s enable always trigger refuse', child);
            end loop;
        end $$";
    bench.client.batch_execute(refuse_at_commit).await.unwrap();
    let mut sent: Vec<_> =
        (0..9).map(|_| envelope("alpha", vec![impression("https://example.com/"); 3])).collect();
    sent[4].events[2] = impression("https://example.com/bad");
    sent[7].events[0] = impression("https://example.com/bad");

    let receipt = bench.store(&sent).await.unwrap();

    assert_eq!((receipt.impressions, receipt.quarantined), (25, vec![(REFUSED, 1), (REFUSED, 1)]));
    assert_eq!(bench.quarantined().await, [("refused".to_owned(), Some(0)), ("refused".to_owned(), Some(2))]);
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (25, 0));
}

#[tokio::test]
async fn an_event_beyond_the_calendar_is_kept() {
    let mut bench = Bench::new().await;
    let mut ancient = impression("https://example.com/");
    ancient.age_ms = u64::MAX;
    let mut before_postgres = impression("https://example.com/");
    before_postgres.age_ms = 8_000 * 365 * 24 * 3_600 * 1_000;

    let sent = [envelope("alpha", vec![ancient, before_postgres, impression("https://example.com/")])];
    let receipt = bench.store(&sent).await.unwrap();

    assert_eq!((receipt.impressions, receipt.quarantined), (1, vec![(REFUSED, 2)]));
}

#[tokio::test]
async fn an_old_event_without_a_partition_lands_in_the_default_one_and_moves_when_its_month_is_made() {
    let mut bench = Bench::new().await;
    let mut old = impression("https://example.com/");
    old.age_ms = 3 * 365 * 24 * 3_600 * 1_000;
    let sent = [envelope("alpha", vec![old])];

    bench.store(&sent).await.unwrap();
    assert_eq!(bench.count("analytics_impressions_default").await, 1);
    let sql =
        "select ensure_partitions(min(created_at)::date, min(created_at)::date) from analytics_impressions";
    let made: i32 = bench.client.query_one(sql, &[]).await.unwrap().get(0);

    assert_eq!((made, bench.count("analytics_impressions_default").await), (2, 0));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 0));
}

#[tokio::test]
async fn a_schema_that_does_not_fit_stops_the_writer_and_quarantines_nothing() {
    let mut bench = Bench::new().await;
    bench.client.batch_execute("alter table analytics_impressions drop column referrer").await.unwrap();

    let stopped = bench.store(&[envelope("alpha", vec![impression("https://example.com/")])]).await;

    assert!(matches!(stopped, Err(StoreError::Stop(_))), "{stopped:?}");
    assert_eq!((bench.count("quarantine").await, bench.count("ingest_ledger").await), (0, 0));
}

#[tokio::test]
async fn a_database_that_is_away_costs_nothing_but_time() {
    let mut bench = Bench::new().await;
    let sent = [envelope("alpha", vec![impression("https://example.com/")])];
    let proxy = bench.behind_a_proxy().await;

    proxy.refuse(true);
    let away = bench.store(&sent).await;
    proxy.refuse(false);
    let back = bench.store(&sent).await.unwrap();

    assert!(matches!(away, Err(StoreError::Away(_))), "{away:?}");
    assert_eq!(back.impressions, 1);
}

#[test]
fn what_these_tests_call_bad_is_bad() {
    let EventKind::Impression { url, .. } = impression("https://example.com/\0").kind else {
        panic!("no impression")
    };
    assert!(url.contains('\0'), "the builder does not clean");
}
