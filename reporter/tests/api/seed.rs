//! Rows as a writer leaves them: raw and rolled up, in one statement each.

use std::time::Duration;

use testkit::{TestDatabase, eventually};
use time::OffsetDateTime;
use tokio_postgres::Client;

/// A place as the writer derives it.
#[derive(Clone, Copy)]
pub(crate) struct Place(pub(crate) &'static str, pub(crate) &'static str, pub(crate) f64, pub(crate) f64);

/// A place to be seen from.
pub(crate) const HAIFA: Place = Place("IL", "Haifa", 32.8191, 34.9983);
/// Another.
pub(crate) const BOSTON: Place = Place("US", "Boston", 42.3584, -71.0598);

/// Fills a test's database.
pub(crate) struct Seed {
    client: Client,
}

impl Seed {
    pub(crate) async fn of(database: &TestDatabase) -> Self {
        let client = database.client().await;
        // Until V13 is merged.
        let progress = "
            create table if not exists writer_progress (
                writer_id uuid primary key, reported_at timestamptz not null, complete_until timestamptz,
                waiting_messages bigint, oldest_pending_at timestamptz
            );
            grant select on writer_progress to footfall_read";
        client.batch_execute(progress).await.unwrap();
        Self { client }
    }

    pub(crate) async fn project(&self, project_id: &str, name: &str) {
        let sql = "insert into projects (project_id, name) values ($1, $2)";
        self.client.execute(sql, &[&project_id, &name]).await.unwrap();
    }

    /// A key that sees `projects`, or every project where that is `None`.
    pub(crate) async fn key(&self, projects: Option<&[&str]>) -> String {
        let sql = "
            with secret as (select sha256(convert_to(gen_random_uuid()::text, 'UTF8')) as bytes),
            key as (
                insert into api_keys (key_id, name, secret_sha256, all_projects)
                select left(encode(sha256(bytes), 'hex'), 12), 'test', sha256(bytes), $1::text[] is null
                from secret
                returning key_id
            )
            select 'ffk_' || left(encode(sha256(bytes), 'hex'), 12) || '_' || encode(bytes, 'hex') from secret";
        let key: String = self.client.query_one(sql, &[&projects]).await.unwrap().get(0);
        for project_id in projects.unwrap_or_default() {
            let sql = "insert into api_key_projects (key_id, project_id) values ($1, $2)";
            self.client.execute(sql, &[&&key[4..16], project_id]).await.unwrap();
        }
        key
    }

    pub(crate) async fn revoke(&self, key: &str) {
        let sql = "update api_keys set revoked_at = now() where key_id = $1";
        assert_eq!(self.client.execute(sql, &[&&key[4..16]]).await.unwrap(), 1);
    }

    pub(crate) async fn impression(&self, project_id: &str, at: OffsetDateTime, place: Option<Place>) {
        let (country, city) = (place.map(|place| place.0), place.map(|place| place.1));
        let (lat, lng) = (place.map(|place| place.2), place.map(|place| place.3));
        let sql = "
            with raw as (
                insert into analytics_impressions (project_id, created_at, geo_country, geo_city, geo_lat, geo_lng)
                values ($1, $2, $3, $4, $5, $6)
            )
            insert into quarter_hour_stats as stats (project_id, bucket_at, impressions_count)
            values ($1, date_bin('15 minutes', $2, 'epoch'), 1)
            on conflict (project_id, bucket_at) do update set impressions_count = stats.impressions_count + 1";
        self.client.execute(sql, &[&project_id, &at, &country, &city, &lat, &lng]).await.unwrap();
    }

    pub(crate) async fn interaction(&self, project_id: &str, at: OffsetDateTime) {
        let sql = "
            with raw as (
                insert into analytics_events (project_id, created_at, event_type) values ($1, $2, 'open_chat')
            )
            insert into quarter_hour_stats as stats (project_id, bucket_at, interactions_count)
            values ($1, date_bin('15 minutes', $2, 'epoch'), 1)
            on conflict (project_id, bucket_at) do update set interactions_count = stats.interactions_count + 1";
        self.client.execute(sql, &[&project_id, &at]).await.unwrap();
    }

    /// One impression in the middle of every quarter of an hour.
    pub(crate) async fn impression_every_quarter(
        &self,
        project_id: &str,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) {
        let sql = "
            with quarters as (
                select bucket_at
                from generate_series($2::timestamptz, $3::timestamptz - interval '15 minutes', '15 minutes') as bucket_at
            ),
            raw as (
                insert into analytics_impressions (project_id, created_at)
                select $1, bucket_at + interval '7 minutes' from quarters
            )
            insert into quarter_hour_stats (project_id, bucket_at, impressions_count)
            select $1, bucket_at, 1 from quarters";
        self.client.execute(sql, &[&project_id, &from, &to]).await.unwrap();
    }

    /// Waits until every connection of a reporter has ended, and counts how many reports were read through them.
    ///
    /// Each reading looks at the writers' progress once; a connection's scans are known for certain when it ends.
    pub(crate) async fn readings(&self) -> i64 {
        let sql = "
            select from pg_stat_activity
            where datname = current_database() and application_name = 'footfall-reporter'";
        eventually("the reporter's connections to end", Duration::from_secs(10), async || {
            self.client.query(sql, &[]).await.unwrap().is_empty().then_some(())
        })
        .await;
        let sql = "
            select coalesce(seq_scan, 0) + coalesce(idx_scan, 0) from pg_stat_user_tables
            where relname = 'writer_progress'";
        self.client.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Any other statement.
    pub(crate) async fn sql(&self, statements: &str) {
        self.client.batch_execute(statements).await.unwrap();
    }

    /// Waits until a reporter of this database waits for a lock. Not within a transaction, which sees one state only.
    pub(crate) async fn reporter_is_blocked(&self) {
        let sql = "
            select from pg_stat_activity
            where datname = current_database() and application_name = 'footfall-reporter' and wait_event_type = 'Lock'";
        eventually("a blocked statement", Duration::from_secs(10), async || {
            (!self.client.query(sql, &[]).await.unwrap().is_empty()).then_some(())
        })
        .await;
    }
}
