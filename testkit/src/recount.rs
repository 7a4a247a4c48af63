//! The rollups against a recount of the raw rows and of the ledger: what must hold at every commit.

use tokio_postgres::Client;

/// The first keys at which a rollup differs from a recount, in words; none where all is well.
///
/// # Errors
/// Those of the database.
pub async fn differences(client: &Client) -> Result<Vec<String>, tokio_postgres::Error> {
    let rows = client.query(include_str!("recount.sql"), &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Checks that every rollup equals a recount, key by key, in one snapshot; answers `(impressions, interactions)`.
///
/// Events are recounted from the raw rows, dropped ones from the ledger.
///
/// # Panics
/// When they differ: with the first keys that do.
pub async fn assert_rollups_equal_a_recount(client: &Client) -> (i64, i64) {
    let differences = differences(client).await.expect("the recount runs");
    assert!(differences.is_empty(), "rollups differ from a recount: {differences:#?}");
    let totals =
        "select (select count(*) from analytics_impressions), (select count(*) from analytics_events)";
    let totals = client.query_one(totals, &[]).await.expect("the totals can be counted");
    (totals.get(0), totals.get(1))
}
