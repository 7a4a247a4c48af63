//! Rows as a writer leaves them: raw, and rolled up.

use std::time::Duration;

use shared::dimension::Key;
use shared::sketch::Sketch;
use shared::user_agent::UserAgents;
use testkit::{TestDatabase, eventually};
use time::{OffsetDateTime, UtcOffset};
use tokio_postgres::Client;
use uuid::Uuid;

/// A place as the writer derives it.
#[derive(Clone, Copy)]
pub(crate) struct Place(pub(crate) &'static str, pub(crate) &'static str, pub(crate) f64, pub(crate) f64);

/// A place to be seen from.
pub(crate) const HAIFA: Place = Place("IL", "Haifa", 32.8191, 34.9983);
/// Another.
pub(crate) const BOSTON: Place = Place("US", "Boston", 42.3584, -71.0598);

/// Who came, and what their browser told.
#[derive(Clone, Default)]
pub(crate) struct Visit {
    pub(crate) visitor: Option<Uuid>,
    pub(crate) session: Option<Uuid>,
    pub(crate) url: Option<&'static str>,
    pub(crate) referrer: Option<&'static str>,
    pub(crate) user_agent: Option<&'static str>,
}

/// Fills a test's database.
pub(crate) struct Seed {
    client: Client,
}

impl Seed {
    pub(crate) async fn of(database: &TestDatabase) -> Self {
        Self { client: database.client().await }
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
        self.impression_of(project_id, at, place, &Visit::default()).await;
    }

    /// An impression of a visit, with all that a writer derives of it.
    pub(crate) async fn impression_of(
        &self,
        project_id: &str,
        at: OffsetDateTime,
        place: Option<Place>,
        visit: &Visit,
    ) {
        let (country, city) = (place.map(|place| place.0), place.map(|place| place.1));
        let (lat, lng) = (place.map(|place| place.2), place.map(|place| place.3));
        let sql = "
            insert into analytics_impressions (
                project_id, created_at, geo_country, geo_city, geo_lat, geo_lng, visitor_id, session_id, url, referrer,
                user_agent
            )
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let (visitor, session) = (&visit.visitor, &visit.session);
        let (url, referrer, agent) = (&visit.url, &visit.referrer, &visit.user_agent);
        self.client
            .execute(
                sql,
                &[&project_id, &at, &country, &city, &lat, &lng, visitor, session, url, referrer, agent],
            )
            .await
            .unwrap();
        let read = UserAgents::default().agent(*agent);
        let keys = [
            Key::place(country, city, lat, lng),
            Key::page(url.unwrap_or_default()),
            Key::referrer(*referrer),
            Key::device(read.device),
            Key::browser(&read.browser),
        ];
        self.roll_up(project_id, at, "impressions_count", None, keys, visit).await;
    }

    pub(crate) async fn interaction(&self, project_id: &str, at: OffsetDateTime) {
        self.interaction_of(project_id, at, "open_chat", None, None, &Visit::default()).await;
    }

    /// An interaction of a visit; `question` stands in its data.
    pub(crate) async fn interaction_of(
        &self,
        project_id: &str,
        at: OffsetDateTime,
        event_type: &str,
        label: Option<&str>,
        question: Option<&str>,
        visit: &Visit,
    ) {
        let sql = "
            insert into analytics_events (
                project_id, created_at, event_type, event_label, event_data, visitor_id, session_id
            )
            values (
                $1, $2, $3::text::event_type, $4,
                case when $5::text is not null then jsonb_build_object('question', $5::text) end, $6, $7
            )";
        self.client
            .execute(sql, &[&project_id, &at, &event_type, &label, &question, &visit.visitor, &visit.session])
            .await
            .unwrap();
        let mut keys = vec![Key::label(label)];
        keys.extend((event_type == "ask_question").then(|| Key::question(question)));
        keys.extend((event_type == "click_contact").then(|| Key::contact_label(label)));
        self.roll_up(project_id, at, "interactions_count", Some(event_type), keys, visit).await;
    }

    /// Adds an event to the rollups, as what waits to be packed and to be folded.
    async fn roll_up(
        &self,
        project_id: &str,
        at: OffsetDateTime,
        column: &str,
        event_type: Option<&str>,
        keys: impl IntoIterator<Item = Key<'_>>,
        visit: &Visit,
    ) {
        let of_type = event_type.map(|event_type| format!("{event_type}_count"));
        let columns: Vec<&str> = [Some(column), of_type.as_deref()].into_iter().flatten().collect();
        let add = columns.iter().map(|column| format!("{column} = stats.{column} + 1")).collect::<Vec<_>>();
        let (names, ones) = (columns.join(", "), vec!["1"; columns.len()].join(", "));
        let quarters = format!(
            "insert into quarter_hour_stats as stats (project_id, bucket_at, {names})
             values ($1, date_bin('15 minutes', $2, 'epoch'), {ones})
             on conflict (project_id, bucket_at) do update set {}",
            add.join(", ")
        );
        self.client.execute(&quarters, &[&project_id, &at]).await.unwrap();
        let days = format!(
            "insert into daily_analytics_stats as stats (project_id, date, {column}) values ($1, $2, 1)
             on conflict (project_id, date) do update set {column} = stats.{column} + 1"
        );
        let date = at.to_offset(UtcOffset::UTC).date();
        self.client.execute(&days, &[&project_id, &date]).await.unwrap();
        let (dimensions, values): (Vec<i16>, Vec<String>) =
            keys.into_iter().map(|key| (key.dimension.number(), key.into_text().into_owned())).unzip();
        let counts = vec![1_i32; values.len()];
        let sketch = |id: Option<Uuid>| {
            let mut sketch = Sketch::default();
            id.into_iter().for_each(|id| sketch.add(id));
            sketch.to_bytes()
        };
        let session_if = |is: bool| if is { sketch(visit.session) } else { None };
        let (visitors, sessions) = (sketch(visit.visitor), sketch(visit.session));
        let opened = session_if(event_type == Some("open_chat"));
        let asked = session_if(event_type == Some("ask_question"));
        let submitted = session_if(event_type == Some("submit_form"));
        let delta = "
            insert into rollup_deltas (
                project_id, date, dimensions, \"values\", counts, visitors, sessions, opened, asked, submitted
            )
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        self.client
            .execute(
                delta,
                &[
                    &project_id,
                    &date,
                    &dimensions,
                    &values,
                    &counts,
                    &visitors,
                    &sessions,
                    &opened,
                    &asked,
                    &submitted,
                ],
            )
            .await
            .unwrap();
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
            ),
            days as (
                insert into daily_analytics_stats (project_id, date, impressions_count)
                select $1, (bucket_at at time zone 'UTC')::date, count(*) from quarters group by 2
            ),
            deltas as (
                insert into rollup_deltas (project_id, date, dimensions, \"values\", counts)
                select
                    $1, (bucket_at at time zone 'UTC')::date, '{1,2}', array['[null,null,null,null]', ''],
                    array[count(*), count(*)]::integer[]
                from quarters group by 2
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
