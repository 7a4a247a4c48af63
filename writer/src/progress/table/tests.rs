//! The two statements, on a real table.

use testkit::TestDatabase;
use time::macros::datetime;

use super::*;

const AT_12: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);
const AT_13: OffsetDateTime = datetime!(2026-11-23 13:00 UTC);
const AT_14: OffsetDateTime = datetime!(2026-11-23 14:00 UTC);

/// A writer that consumes, and what it was told the last time.
struct Writer {
    id: Uuid,
    table: Table,
    told: Told,
}

impl Writer {
    async fn on(database: &TestDatabase) -> Self {
        let mut config: tokio_postgres::Config = database.url().parse().unwrap();
        config.options("-c role=footfall_write");
        let table = Table::connect(&config).await.unwrap();
        Self { id: Uuid::now_v7(), table, told: Told::default() }
    }

    async fn says(&mut self, claim: Option<OffsetDateTime>, consumers: i32) -> Told {
        let said = Said { claim, consumers, ..Said::default() };
        self.told = self.table.report(self.id, said, self.told).await.unwrap();
        self.told
    }

    /// A writer that has found its row: what it vouches for counts from then on.
    async fn begins(database: &TestDatabase) -> Self {
        let mut writer = Self::on(database).await;
        assert!(writer.says(None, 1).await.is_new);
        assert!(!writer.says(None, 1).await.is_new);
        writer
    }
}

#[tokio::test]
async fn what_a_writer_vouches_for_rises_and_never_falls_by_itself() {
    let database = TestDatabase::create().await;
    let mut writer = Writer::begins(&database).await;
    assert_eq!(writer.told.complete_until, None, "nothing is known at first");
    assert_eq!(writer.says(Some(AT_13), 1).await.complete_until, Some(AT_13));
    assert_eq!(writer.says(None, 1).await.complete_until, Some(AT_13));
    assert_eq!(writer.says(Some(AT_12), 1).await.complete_until, Some(AT_13));
}

#[tokio::test]
async fn who_loses_its_deliveries_lowers_the_others_and_they_do_not_rise_before_they_know() {
    let database = TestDatabase::create().await;
    let (mut loser, mut other) = (Writer::begins(&database).await, Writer::begins(&database).await);
    loser.says(Some(AT_12), 1).await;
    other.says(Some(AT_13), 1).await;

    loser.table.returned(loser.id).await.unwrap();

    let told = other.says(Some(AT_14), 1).await;
    assert_eq!((told.complete_until, told.returns), (Some(AT_12), 1), "it did not know yet");
    assert_eq!(other.says(Some(AT_14), 1).await.complete_until, Some(AT_14));
    assert_eq!(loser.says(Some(AT_13), 1).await.complete_until, Some(AT_13), "it knows itself");
}

#[tokio::test]
async fn who_leaves_takes_its_row_along_and_lowers_the_others() {
    let database = TestDatabase::create().await;
    let (mut leaver, mut other) = (Writer::begins(&database).await, Writer::begins(&database).await);
    leaver.says(Some(AT_12), 1).await;
    assert_eq!(other.says(Some(AT_13), 1).await.other_consumers, 1);

    leaver.table.leave(leaver.id).await.unwrap();

    let told = other.says(None, 1).await;
    assert_eq!((told.complete_until, told.returns, told.other_consumers), (Some(AT_12), 1, 0));
}

#[tokio::test]
async fn who_falls_silent_is_put_away_by_another_and_begins_anew_if_it_lives() {
    let database = TestDatabase::create().await;
    let (mut silent, mut other) = (Writer::begins(&database).await, Writer::begins(&database).await);
    silent.says(Some(AT_12), 1).await;
    other.says(Some(AT_13), 1).await;
    let client = database.client().await;
    let age =
        "update writer_progress set reported_at = now() - make_interval(secs => $1) where writer_id = $2";
    client.execute(age, &[&(GONE_AFTER_S - 1.0), &silent.id]).await.unwrap();
    assert_eq!(other.says(None, 1).await.gone_writers, 0);
    client.execute(age, &[&(GONE_AFTER_S + 1.0), &silent.id]).await.unwrap();
    let told = other.says(None, 1).await;
    assert_eq!((told.gone_writers, told.other_consumers), (1, 0), "nobody counts on it");

    other.table.sweep().await.unwrap();

    let told = other.says(None, 1).await;
    assert_eq!((told.complete_until, told.gone_writers), (Some(AT_12), 0));
    let told = silent.says(Some(AT_14), 1).await;
    assert_eq!((told.complete_until, told.is_new), (Some(AT_12), true), "what it said before");
}

#[tokio::test]
async fn who_begins_or_holds_nothing_follows_the_others() {
    let database = TestDatabase::create().await;
    let mut other = Writer::begins(&database).await;
    other.says(Some(AT_12), 1).await;
    let mut new = Writer::begins(&database).await;
    assert_eq!(new.told.complete_until, Some(AT_12));
    other.says(Some(AT_13), 1).await;
    assert_eq!(new.says(None, 1).await.complete_until, Some(AT_12), "it may hold what is older");
    assert_eq!(new.says(None, 0).await.complete_until, Some(AT_13), "it holds nothing");
}
