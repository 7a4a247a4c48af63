//! Events of robots: dropped and counted with their reason, unless their project keeps them; once, whatever comes again.

use shared::envelope::{DropReason, Dropped, Envelope, RobotSigns};
use shared::event::InteractionType;
use testkit::envelopes::{envelope, impression, interaction, message};
use testkit::recount::assert_rollups_equal_a_recount;
use writer::enrich::Enricher;
use writer::enrich::geo::Geo;
use writer::store::{QuarantineReason, Replayed};

use crate::support::Bench;

const GOOGLEBOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36";

/// An envelope of an impression and an interaction.
fn sent(project: &str, user_agent: Option<&str>, robot: RobotSigns) -> Envelope {
    let events =
        vec![impression("https://e.com/"), interaction(InteractionType::OpenChat, &serde_json::Value::Null)];
    Envelope { user_agent: user_agent.map(str::to_owned), robot, ..envelope(project, events) }
}

fn of_googlebot(project: &str) -> Envelope {
    sent(project, Some(GOOGLEBOT), RobotSigns::default())
}

/// `project reason count` of all that is counted, sorted.
async fn counted(bench: &Bench) -> Vec<String> {
    let sql = "select concat_ws(' ', project_id, reason, dropped_count) from daily_dropped_stats order by 1";
    bench.client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Events stored, in quarantine and dropped, as the ledger has them.
async fn ledger(bench: &Bench) -> (i64, i64, i64) {
    let sql = "select sum(stored_count), sum(quarantined_count), sum(dropped_count) from ingest_ledger";
    let row = bench.client.query_one(sql, &[]).await.unwrap();
    (row.get(0), row.get(1), row.get(2))
}

async fn keep_bots(bench: &Bench, keep: bool) {
    bench.client.execute("update projects set keep_bots = $1", &[&keep]).await.unwrap();
}

async fn replay_all(bench: &mut Bench) -> Vec<Replayed> {
    let enricher = Enricher::new(Geo::open(&[]).unwrap());
    let sql = "select quarantine_id from quarantine order by 1";
    let mut outcomes = Vec::new();
    for row in bench.client.query(sql, &[]).await.unwrap() {
        outcomes.push(bench.store.replay(&enricher, row.get(0)).await.unwrap());
    }
    outcomes
}

#[tokio::test]
async fn each_reason_is_counted_and_visitors_beside_are_stored() {
    let mut bench = Bench::new().await;
    let (webdriver, prefetch) = (
        RobotSigns { webdriver: true, ..RobotSigns::default() },
        RobotSigns { prefetch: true, ..RobotSigns::default() },
    );
    let nameless = RobotSigns { no_user_agent: true, ..RobotSigns::default() };
    let batch = [
        of_googlebot("alpha"),
        sent("alpha", None, nameless),
        sent("alpha", Some(CHROME), webdriver),
        sent("beta", Some(CHROME), prefetch),
        sent("alpha", Some(CHROME), RobotSigns::default()),
        // As a collector of before sends it, or a server that says nothing of the browser.
        sent("alpha", None, RobotSigns::default()),
    ];

    let receipt = bench.store(&batch).await.unwrap();

    assert_eq!((receipt.impressions, receipt.interactions, receipt.quarantined), (2, 2, vec![]));
    let dropped = [(DropReason::Bot, 4), (DropReason::Automation, 2), (DropReason::Prefetch, 2)];
    assert_eq!(receipt.dropped, dropped);
    assert_eq!(counted(&bench).await, ["alpha automation 2", "alpha bot 4", "beta prefetch 2"]);
    assert_eq!(ledger(&bench).await, (4, 0, 8));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (2, 2));
}

#[tokio::test]
async fn a_project_may_keep_robots() {
    let mut bench = Bench::new().await;
    bench
        .client
        .batch_execute("update projects set keep_bots = true where project_id = 'beta'")
        .await
        .unwrap();

    let receipt = bench.store(&[of_googlebot("alpha"), of_googlebot("beta")]).await.unwrap();

    assert_eq!((receipt.impressions, receipt.interactions), (1, 1));
    assert_eq!(receipt.dropped, [(DropReason::Bot, 2)]);
    assert_eq!((counted(&bench).await, ledger(&bench).await), (vec!["alpha bot 2".to_owned()], (2, 0, 2)));
    assert_eq!(bench.count("analytics_impressions where project_id = 'beta'").await, 1);
}

#[tokio::test]
async fn a_redelivery_changes_nothing_whatever_the_project_wants_by_then() {
    let mut bench = Bench::new().await;
    let dropped = of_googlebot("alpha");
    bench.store(std::slice::from_ref(&dropped)).await.unwrap();
    let stored = of_googlebot("alpha");
    keep_bots(&bench, true).await;
    bench.store(std::slice::from_ref(&stored)).await.unwrap();
    let again = bench.store(&[dropped.clone(), stored.clone()]).await.unwrap();
    keep_bots(&bench, false).await;
    // A page that was fetched ahead tries again once it is shown.
    let shown = Envelope { user_agent: Some(CHROME.to_owned()), ..dropped.clone() };
    let once_more = bench.store(&[dropped, stored, shown]).await.unwrap();

    assert_eq!((again.duplicate_envelopes, again.impressions, again.dropped), (2, 0, vec![]));
    assert_eq!((once_more.duplicate_envelopes, once_more.impressions, once_more.dropped), (3, 0, vec![]));
    assert_eq!((counted(&bench).await, ledger(&bench).await), (vec!["alpha bot 2".to_owned()], (2, 0, 2)));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 1));
}

#[tokio::test]
async fn what_the_collector_dropped_and_what_the_writer_drops_add_up() {
    let mut bench = Bench::new().await;
    let both =
        Envelope { dropped: Some(Dropped { reason: DropReason::Gpc, events: 3 }), ..of_googlebot("alpha") };

    let receipt = bench.store(&[both]).await.unwrap();

    assert_eq!(receipt.dropped, [(DropReason::Gpc, 3), (DropReason::Bot, 2)]);
    assert_eq!(
        (counted(&bench).await, ledger(&bench).await),
        (vec!["alpha bot 2".into(), "alpha gpc 3".into()], (0, 0, 5))
    );
    assert_rollups_equal_a_recount(&bench.client).await;
}

#[tokio::test]
async fn an_envelope_of_a_robot_without_events_counts_nothing() {
    let mut bench = Bench::new().await;
    let receipt = bench.store(&[Envelope { events: vec![], ..of_googlebot("alpha") }]).await.unwrap();

    assert_eq!((receipt.dropped, bench.count("daily_dropped_stats").await), (vec![], 0));
}

#[tokio::test]
async fn a_row_that_could_not_be_stored_is_dropped_where_all_are() {
    let mut bench = Bench::new().await;
    let mut bad = of_googlebot("alpha");
    bad.events[0] = impression("https://e.com/\0");
    bad.events[1].age_ms = u64::MAX;

    let receipt = bench.store(&[bad]).await.unwrap();

    assert_eq!((receipt.quarantined, receipt.dropped), (vec![], vec![(DropReason::Bot, 2)]));
    assert_eq!(ledger(&bench).await, (0, 0, 2));
}

#[tokio::test]
async fn a_robot_of_a_project_that_does_not_exist_waits_in_quarantine_and_is_dropped_when_it_does() {
    let mut bench = Bench::new().await;
    let early = of_googlebot("late");
    let receipt = bench.store(std::slice::from_ref(&early)).await.unwrap();
    assert_eq!(receipt.quarantined, [(QuarantineReason::UnknownProject, 2)]);
    bench.client.batch_execute("insert into projects values ('late', 'Late')").await.unwrap();

    assert_eq!(replay_all(&mut bench).await, [const { Replayed::Dropped(1) }; 2]);
    let again = bench.store(&[early]).await.unwrap();

    assert_eq!((again.duplicate_envelopes, bench.count("quarantine").await), (1, 0));
    assert_eq!((counted(&bench).await, ledger(&bench).await), (vec!["late bot 2".to_owned()], (0, 0, 2)));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (0, 0));
}

#[tokio::test]
async fn a_replay_keeps_robots_where_their_project_does() {
    let mut bench = Bench::new().await;
    bench.store(&[of_googlebot("late")]).await.unwrap();
    let sql = "insert into projects (project_id, name, keep_bots) values ('late', 'Late', true)";
    bench.client.batch_execute(sql).await.unwrap();

    assert_eq!(replay_all(&mut bench).await, [const { Replayed::Stored(1) }; 2]);
    assert_eq!((counted(&bench).await, ledger(&bench).await), (vec![], (2, 0, 0)));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 1));
}

#[tokio::test]
async fn a_robot_that_reused_an_id_is_kept_and_its_replay_drops_it_once() {
    let mut bench = Bench::new().await;
    let first = envelope("alpha", vec![impression("https://e.com/1")]);
    let reused = Envelope { envelope_id: first.envelope_id, ..of_googlebot("alpha") };
    let receipt = bench.store(&[first, reused.clone()]).await.unwrap();
    assert_eq!((receipt.quarantined, receipt.dropped), (vec![(QuarantineReason::IdReuse, 2)], vec![]));

    assert_eq!(replay_all(&mut bench).await, [const { Replayed::Dropped(1) }; 2]);
    bench.store(&[reused]).await.unwrap();
    assert_eq!(replay_all(&mut bench).await, [const { Replayed::Duplicate }; 2]);

    assert_eq!((counted(&bench).await, ledger(&bench).await), (vec!["alpha bot 2".to_owned()], (1, 0, 2)));
    assert_eq!(assert_rollups_equal_a_recount(&bench.client).await, (1, 0));
}

#[tokio::test]
async fn a_message_that_can_be_read_by_now_has_its_robots_dropped() {
    let mut bench = Bench::new().await;
    bench.store_bodies(&[b"\xff\0junk".to_vec()]).await.unwrap();
    let body = message(&[of_googlebot("alpha")]);
    bench.client.execute("update quarantine set payload = $1", &[&body]).await.unwrap();

    assert_eq!(replay_all(&mut bench).await, [Replayed::Dropped(2)]);
    assert_eq!((counted(&bench).await, ledger(&bench).await), (vec!["alpha bot 2".to_owned()], (0, 0, 2)));
}

#[tokio::test]
async fn a_writer_of_before_still_finds_its_function() {
    let bench = Bench::new().await;
    bench.client.batch_execute("set role footfall_write").await.unwrap();
    let sql = "select * from lock_projects(array['alpha', 'nobody'])";
    let rows = bench.client.query(sql, &[]).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.get(0)).collect::<Vec<String>>(), ["alpha"]);
}

#[tokio::test]
async fn any_mixture_of_visitors_robots_and_poison_gives_every_event_one_fate() {
    for seed in 0..8 {
        let mut bench = Bench::new().await;
        bench
            .client
            .batch_execute("update projects set keep_bots = true where project_id = 'beta'")
            .await
            .unwrap();
        let mut random = fastrand::Rng::with_seed(seed);
        let batch: Vec<Envelope> = (0..random.usize(4..24))
            .map(|_| {
                let project = ["alpha", "beta", "nobody"][random.usize(0..3)];
                let robot = RobotSigns { webdriver: random.bool(), ..RobotSigns::default() };
                let user_agent = [None, Some(CHROME), Some(GOOGLEBOT)][random.usize(0..3)];
                let mut envelope = sent(project, user_agent, robot);
                if random.u8(0..4) == 0 {
                    envelope.events[0] = impression("https://e.com/\0");
                }
                envelope
            })
            .collect();

        bench.store(&batch).await.unwrap();
        bench.store(&batch).await.unwrap();

        let (stored, quarantined, dropped) = ledger(&bench).await;
        assert_eq!(stored + quarantined + dropped, 2 * i64::try_from(batch.len()).unwrap(), "seed {seed}");
        let (impressions, interactions) = assert_rollups_equal_a_recount(&bench.client).await;
        assert_eq!(
            (impressions + interactions, bench.count("quarantine").await),
            (stored, quarantined),
            "seed {seed}"
        );
    }
}
