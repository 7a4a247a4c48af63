//! A migrated database with one project, and what there is in it.

use testkit::TestDatabase;
use tokio_postgres::Client;
use writer::maintain::{self, Manner, Report};

/// A run that gives up soon, for tests that stand in its way.
pub(crate) const IMPATIENT: Manner = Manner { however_long: false, attempts_max: 2 };

pub(crate) struct Bench {
    pub(crate) database: TestDatabase,
    pub(crate) client: Client,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create().await;
        let client = database.client().await;
        client.batch_execute("insert into projects values ('alpha', 'Alpha')").await.unwrap();
        Self { database, client }
    }

    /// Maintains as a writer does: in its role.
    pub(crate) async fn maintain(&self) -> Report {
        self.maintain_in(Manner::default()).await
    }

    pub(crate) async fn maintain_in(&self, manner: Manner) -> Report {
        let mut config: tokio_postgres::Config = self.database.url().parse().unwrap();
        config.options("-c role=footfall_write");
        let client = maintain::connect(&config).await.unwrap();
        maintain::run(&client, manner).await.unwrap()
    }

    /// Inserts impressions at `moments`, given as SQL.
    pub(crate) async fn impressions_at(&self, moments: &[&str]) {
        for moment in moments {
            let sql = format!(
                "insert into analytics_impressions (project_id, created_at) values ('alpha', {moment})"
            );
            self.client.batch_execute(&sql).await.unwrap();
        }
    }

    /// Makes the partitions of a month of both tables, by a day in it, given as SQL; answers those of impressions.
    pub(crate) async fn make_month(&self, day: &str) -> String {
        let sql = format!("select ensure_partitions(({day})::date, ({day})::date)");
        self.client.batch_execute(&sql).await.unwrap();
        let name =
            format!("select to_char(({day}) at time zone 'UTC', '\"analytics_impressions_\"YYYY\"_\"MM')");
        self.client.query_one(&name, &[]).await.unwrap().get(0)
    }

    pub(crate) async fn count(&self, what: &str) -> i64 {
        self.client.query_one(&format!("select count(*) from {what}"), &[]).await.unwrap().get(0)
    }

    /// Whether there is such a table, attached or not.
    pub(crate) async fn exists(&self, table: &str) -> bool {
        self.client.query_one("select to_regclass($1) is not null", &[&table]).await.unwrap().get(0)
    }
}
