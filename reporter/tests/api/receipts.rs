//! What became of an envelope, told to those who may know.

use insta::assert_json_snapshot;
use reqwest::StatusCode;
use testkit::TestDatabase;

use crate::reporter_under_test::Reporter;
use crate::seed::Seed;

const ENVELOPE: &str = "01932f6e-0000-7000-8000-000000000001";

/// One envelope id that two projects used; in the first, one of three events was refused, and four were dropped.
async fn two_receipts() -> (TestDatabase, Seed, Reporter) {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    seed.project("mine", "Mine").await;
    seed.project("theirs", "Theirs").await;
    seed.sql(&format!(
        "insert into ingest_ledger
             (envelope_id, project_id, events_hash, stored_count, quarantined_count, received_at, committed_at, dropped_count)
         values
             ('{ENVELOPE}', 'mine', '\\x00', 2, 1, '2026-11-02 12:00Z', '2026-11-02 12:00:01Z', 4),
             ('{ENVELOPE}', 'theirs', '\\x00', 5, 0, '2026-11-02 12:00Z', '2026-11-02 12:00:02Z', 0);
         insert into quarantine (fingerprint, reason, detail, envelope_id, project_id, event_index, payload)
         values ('\\x01', 'refused', 'detail', '{ENVELOPE}', 'mine', 1, '\\x'),
                ('\\x02', 'id_reuse', 'detail', '{ENVELOPE}', 'theirs', 0, '\\x');"
    ))
    .await;
    let reporter = Reporter::start(&database.url()).await;
    (database, seed, reporter)
}

#[tokio::test]
async fn a_receipt_tells_what_was_stored_and_why_the_rest_was_not() {
    let (_database, seed, reporter) = two_receipts().await;
    let key = seed.key(Some(&["mine"])).await;
    assert_json_snapshot!("receipt", reporter.get(&key, &format!("receipts/{ENVELOPE}")).await.ok());
    let all = seed.key(None).await;
    let receipt = reporter.get(&all, &format!("receipts/{ENVELOPE}")).await.ok();
    assert_eq!(receipt["projects"][1]["stored"], 5);
    assert_eq!(receipt["projects"][1]["dropped"], 0);
    assert_eq!(receipt["projects"][1]["quarantined"][0]["reason"], "id_reuse");
}

#[tokio::test]
async fn a_foreign_envelope_and_an_unknown_one_are_told_apart_by_nothing() {
    let (_database, seed, reporter) = two_receipts().await;
    let stranger = seed.key(Some(&[])).await;
    let foreign = reporter.get(&stranger, &format!("receipts/{ENVELOPE}")).await;
    let unknown = reporter.get(&stranger, "receipts/01932f6e-0000-7000-8000-000000000002").await;
    assert_eq!((foreign.status, &foreign.body), (StatusCode::NOT_FOUND, &unknown.body));
    assert_eq!(foreign.body["error"]["code"], "unknown_envelope");
}

#[tokio::test]
async fn what_is_no_envelope_id_is_refused() {
    let (_database, seed, reporter) = two_receipts().await;
    let key = seed.key(None).await;
    for id in ["nonsense", "00000000-0000-4000-8000-000000000000"] {
        let answer = reporter.get(&key, &format!("receipts/{id}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.body["error"]["field"], "envelope_id");
    }
}
