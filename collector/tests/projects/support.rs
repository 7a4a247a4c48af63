//! A database with two projects, and a copy of them that is followed.

use std::sync::Arc;
use std::time::Duration;

use collector::projects::{Found, Project, Projects};
use testkit::{Proxy, TestDatabase, eventually};
use tokio::task::JoinHandle;
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

/// How long a change may take to be in force, generous for a busy machine.
pub(crate) const IN_FORCE_LIMIT: Duration = Duration::from_secs(60);

pub(crate) struct Followed {
    pub(crate) client: Client,
    pub(crate) projects: Projects,
    pub(crate) shutdown: CancellationToken,
    pub(crate) following: JoinHandle<()>,
    _database: TestDatabase,
}

impl Followed {
    /// A copy that is followed, and loaded.
    pub(crate) async fn start() -> Self {
        let (database, client) = database().await;
        let config = database.url().parse().unwrap();
        Self::of(database, client, config).loaded().await
    }

    /// A copy that is followed through a proxy, which takes no connection yet.
    pub(crate) async fn behind_a_closed_proxy() -> (Proxy, Self) {
        let (database, client) = database().await;
        let direct: tokio_postgres::Config = database.url().parse().unwrap();
        let proxy = Proxy::start(format!("127.0.0.1:{}", direct.get_ports()[0])).await.unwrap();
        proxy.refuse(true);
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(proxy.addr().port()).user(direct.get_user().unwrap());
        config.dbname(database.name());
        (proxy, Self::of(database, client, config))
    }

    fn of(database: TestDatabase, client: Client, mut config: tokio_postgres::Config) -> Self {
        config.options("-c role=footfall_collect");
        let shutdown = CancellationToken::new();
        let (projects, following) = Projects::start(config, shutdown.clone());
        Self { client, projects, shutdown, following, _database: database }
    }

    /// Waits for the first load.
    pub(crate) async fn loaded(self) -> Self {
        self.becomes("the projects are loaded", |projects| projects.loaded().is_some()).await;
        self
    }

    pub(crate) async fn sql(&self, statements: &str) {
        self.client.batch_execute(statements).await.unwrap();
    }

    pub(crate) fn find(&self, id: &str) -> Found {
        self.projects.find(&id.parse().unwrap())
    }

    /// What is known of a project that exists.
    pub(crate) fn project(&self, id: &str) -> Arc<Project> {
        match self.find(id) {
            Found::Project(project) => project,
            other => panic!("{id}: {other:?}"),
        }
    }

    /// Waits until the copy is as `is` says.
    pub(crate) async fn becomes(&self, what: &str, is: impl Fn(&Projects) -> bool) {
        eventually(what, IN_FORCE_LIMIT, async || is(&self.projects).then_some(())).await;
    }

    /// Waits until the copy has not been confirmed for longer than three refreshes take.
    pub(crate) async fn is_no_longer_confirmed(&self) {
        let overdue = Duration::from_millis(3 * collector::projects::REFRESH_MS);
        self.becomes("nobody confirms the copy", |projects| projects.age() > Some(overdue)).await;
    }

    /// Waits until the copy has been confirmed `times` from now on.
    pub(crate) async fn is_confirmed(&self, times: usize) {
        for _ in 0..times {
            let last = std::cell::Cell::new(self.projects.age());
            self.becomes("the copy is confirmed", |projects| projects.age() < last.replace(projects.age()))
                .await;
        }
    }
}

async fn database() -> (TestDatabase, Client) {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    client.batch_execute("insert into projects values ('alpha', 'Alpha'), ('beta', 'Beta')").await.unwrap();
    (database, client)
}
