//! A database of a test's own, on the Postgres that `cargo xtask test` started.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::environment;

/// Serialises the making of the template among test processes: "TEST" in ASCII.
const TEMPLATE_LOCK_KEY: i64 = 0x54_45_53_54;
/// How long the clean-up may take, in seconds; what is left then goes with the server.
const CLEAN_UP_LIMIT_S: u64 = 10;

/// A migrated, otherwise empty database. Dropped, it is deleted, whoever is still connected.
#[derive(Debug)]
pub struct TestDatabase {
    server_url: String,
    name: String,
}

impl TestDatabase {
    /// A database on the server that `FOOTFALL_TEST_DATABASE_URL` names.
    ///
    /// # Panics
    /// When the variable is absent, or the database can't be made.
    pub async fn create() -> Self {
        Self::on(&environment::required(environment::DATABASE_URL)).await
    }

    /// A database on a server of the test's own; `server_url` names any database of it, as a superuser.
    ///
    /// # Panics
    /// When the database can't be made.
    pub async fn on(server_url: &str) -> Self {
        match Self::clone_of_template(server_url).await {
            Ok(database) => database,
            Err(problem) => panic!("a database for the test: {problem:#}"),
        }
    }

    /// As the superuser.
    pub fn url(&self) -> String {
        with_database(&self.server_url, &self.name)
    }

    /// The database's name, which only has `a-z`, `0-9` and `_`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection of its own, as the superuser.
    ///
    /// # Panics
    /// When the server is away.
    pub async fn client(&self) -> Client {
        connect(&self.url()).await.unwrap_or_else(|problem| panic!("the test's database: {problem:#}"))
    }

    async fn clone_of_template(server_url: &str) -> Result<Self> {
        let client = connect(server_url).await?;
        let template = ensure_template(&client, server_url).await?;
        let name = format!("test_{}", Uuid::now_v7().simple());
        let clone = format!("create database {name} template {template}");
        client.batch_execute(&clone).await.context("cloning the template")?;
        Ok(Self { server_url: server_url.to_owned(), name })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (url, name) = (self.server_url.clone(), self.name.clone());
        on_own_runtime(Duration::from_secs(CLEAN_UP_LIMIT_S), async move {
            if let Ok(client) = connect(&url).await {
                let _gone =
                    client.batch_execute(&format!("drop database if exists {name} with (force)")).await;
            }
        });
    }
}

/// Runs `work` to its end for a `drop`, which can't wait by itself: on a thread with a runtime of its own.
pub(crate) fn on_own_runtime(limit: Duration, work: impl Future<Output = ()> + Send + 'static) {
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime {
            let _in_time = runtime.block_on(async { tokio::time::timeout(limit, work).await });
        }
    });
    let _joined = thread.join();
}

/// The migrated database that tests clone, made by whoever comes first; its name changes with the migrations.
async fn ensure_template(client: &Client, server_url: &str) -> Result<String> {
    let template = format!("template_{}", migrations_hash()?);
    client.execute("select pg_advisory_lock($1)", &[&TEMPLATE_LOCK_KEY]).await?;
    let made = make_template(client, server_url, &template).await;
    client.execute("select pg_advisory_unlock($1)", &[&TEMPLATE_LOCK_KEY]).await?;
    made.map(|()| template)
}

async fn make_template(client: &Client, server_url: &str, template: &str) -> Result<()> {
    // It is marked as a template last: one without the mark was left unfinished.
    let finished = "select exists (select from pg_database where datname = $1 and datistemplate)";
    if client.query_one(finished, &[&template]).await?.get(0) {
        return Ok(());
    }
    client.batch_execute(&format!("drop database if exists {template} with (force)")).await?;
    client.batch_execute(&format!("create database {template}")).await?;
    migrations::migrate(&with_database(server_url, template)).await.context("migrating the template")?;
    // Its connections may take a moment to leave; a template in use can't be cloned.
    let leave = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1";
    client.query(leave, &[&template]).await?;
    client.batch_execute(&format!("alter database {template} is_template true")).await?;
    Ok(())
}

/// Identifies the migrations by their text, as they lie in the source tree this test was built from.
fn migrations_hash() -> Result<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/sql");
    let entries = fs::read_dir(&dir).with_context(|| format!("reading {}", dir.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.as_os_str().as_encoded_bytes());
        hash.update(fs::read(&file)?);
    }
    Ok(hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// `url` with another database.
fn with_database(url: &str, database: &str) -> String {
    let (server, query) = url.split_once('?').map_or((url, None), |(server, query)| (server, Some(query)));
    let authority = server.find("://").map_or(0, |at| at + 3);
    let end = server[authority..].find('/').map_or(server.len(), |at| authority + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{database}{query}", &server[..end])
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("connecting to Postgres")?;
    tokio::spawn(async move {
        // A test that stops the server expects this to fail.
        let _ended = connection.await;
    });
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_of_a_url_is_replaced() {
        assert_eq!(
            with_database("postgres://me:pw@host:5432/postgres?a=b", "t1"),
            "postgres://me:pw@host:5432/t1?a=b"
        );
        assert_eq!(with_database("postgres://me@host", "t1"), "postgres://me@host/t1");
    }
}
