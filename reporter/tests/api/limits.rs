//! How often one may ask, and what asking costs the database.

use std::time::Duration;

use reqwest::StatusCode;
use testkit::{TestDatabase, eventually};

use crate::reporter_under_test::{Answer, Reporter};
use crate::seed::Seed;

/// Requests at once; far more than any limit below lets through, and than look-ups there may be.
const MANY: usize = 200;
/// Requests one after the other, which no look-up under way can serve together.
const IN_A_ROW: usize = 60;
/// Most look-ups of a key while it is asked for without a pause: one for as long as each is remembered.
const FEW_LOOK_UPS: i64 = 20;
/// Longest wait for what is done behind an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Every bucket holds five requests, and gets one a second.
const NARROW: &[(&str, &str)] =
    &[("FOOTFALL_KEY_REQUESTS_PER_S", "1"), ("FOOTFALL_STRANGER_REQUESTS_PER_S", "1")];
const UNLIMITED: &[(&str, &str)] =
    &[("FOOTFALL_KEY_REQUESTS_PER_S", "0"), ("FOOTFALL_STRANGER_REQUESTS_PER_S", "0")];

async fn started(settings: &'static [(&str, &str)]) -> (TestDatabase, Seed, Reporter) {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    let reporter = Reporter::start_with(&database.url(), settings).await;
    (database, seed, reporter)
}

fn unknown(number: usize) -> String {
    format!("ffk_{number:012x}_{}", "0".repeat(64))
}

/// `MANY` requests at once, with the key that `key` answers for each number.
async fn flood(reporter: &Reporter, key: impl Fn(usize) -> String) -> Vec<Answer> {
    let keys: Vec<String> = (0..MANY).map(key).collect();
    let asked = keys.iter().map(|key| reporter.get(key, "reports/dropped"));
    futures_util::future::join_all(asked).await
}

fn count(answers: &[Answer], status: StatusCode) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

/// How often the table of keys was read so far, once no reporter is there any more, which keeps its counts for a while.
async fn look_ups(database: &TestDatabase, reporter: Reporter) -> i64 {
    reporter.stop().await.unwrap();
    let client = database.client().await;
    eventually("the reporter's connections to end", PATIENCE, async || {
        let left = "select from pg_stat_activity where datname = current_database() and application_name = 'footfall-reporter'";
        client.query(left, &[]).await.unwrap().is_empty().then_some(())
    })
    .await;
    let read = "select coalesce(seq_scan, 0) + coalesce(idx_scan, 0) from pg_stat_user_tables where relname = 'api_keys'";
    client.query_one(read, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_key_past_its_rate_is_told_when_to_come_back_and_holds_up_no_other() {
    let (_database, seed, reporter) = started(NARROW).await;
    let (busy, calm) = (seed.key(None).await, seed.key(None).await);
    reporter.get(&calm, "reports/overview").await.ok();
    let answers = flood(&reporter, |_| busy.clone()).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != StatusCode::OK).collect();
    assert!(count(&answers, StatusCode::OK) >= 5, "a bucket holds five");
    assert!(!refused.is_empty());
    for answer in refused {
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.body["error"]["code"], "rate_limited");
        assert!((1..=10).contains(&answer.header("retry-after").parse().unwrap()));
    }
    reporter.get(&calm, "reports/overview").await.ok();
}

#[tokio::test]
async fn a_flood_of_bad_keys_is_bounded_and_shuts_out_nobody_who_is_known() {
    let (_database, seed, reporter) = started(NARROW).await;
    let key = seed.key(None).await;
    reporter.get(&key, "reports/overview").await.ok();
    let answers = flood(&reporter, unknown).await;
    assert!(count(&answers, StatusCode::UNAUTHORIZED) >= 1);
    assert_eq!(
        count(&answers, StatusCode::UNAUTHORIZED) + count(&answers, StatusCode::TOO_MANY_REQUESTS),
        MANY
    );
    // No kind of failure is spared, so none is told from another by it.
    let secret = "0".repeat(64);
    for bad in [format!("{}_{secret}", &key[..16]), "nonsense".to_owned()] {
        let refused = flood(&reporter, |_| bad.clone()).await;
        assert!(count(&refused, StatusCode::TOO_MANY_REQUESTS) > MANY / 2, "{bad}");
    }
    reporter.get(&key, "reports/overview").await.ok();
}

#[tokio::test]
async fn past_its_limit_a_network_of_strangers_costs_the_database_nothing() {
    let (database, _seed, reporter) = started(NARROW).await;
    let answers = flood(&reporter, unknown).await;
    let answered = i64::try_from(count(&answers, StatusCode::UNAUTHORIZED)).unwrap();
    assert!(answered < 100, "the limit is not in force");
    assert!(look_ups(&database, reporter).await <= answered);
}

#[tokio::test]
async fn many_requests_with_one_key_cost_a_look_up_now_and_then() {
    let (database, seed, reporter) = started(UNLIMITED).await;
    let key = seed.key(None).await;
    for _ in 0..IN_A_ROW {
        reporter.get(&key, "reports/dropped").await.ok();
    }
    let look_ups = look_ups(&database, reporter).await;
    assert!((1..=FEW_LOOK_UPS).contains(&look_ups), "{look_ups}");
}

#[tokio::test]
async fn that_a_key_is_unknown_is_remembered_too() {
    let (database, _seed, reporter) = started(UNLIMITED).await;
    for _ in 0..IN_A_ROW {
        assert_eq!(reporter.get(&unknown(7), "reports/dropped").await.status, StatusCode::UNAUTHORIZED);
    }
    let look_ups = look_ups(&database, reporter).await;
    assert!((1..=FEW_LOOK_UPS).contains(&look_ups), "{look_ups}");
}

#[tokio::test]
async fn an_unknown_key_and_another_secret_cost_the_same_look_ups() {
    let (database, seed, reporter) = started(UNLIMITED).await;
    assert_eq!(reporter.get(&unknown(7), "reports/dropped").await.status, StatusCode::UNAUTHORIZED);
    let of_unknown = look_ups(&database, reporter).await;

    let key = seed.key(None).await;
    let reporter = Reporter::start_with(&database.url(), UNLIMITED).await;
    let before = of_unknown;
    let other_secret = format!("{}_{}", &key[..16], "0".repeat(64));
    assert_eq!(reporter.get(&other_secret, "reports/dropped").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(look_ups(&database, reporter).await - before, of_unknown);
}
