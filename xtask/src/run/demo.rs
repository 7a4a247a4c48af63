//! Demo projects, and a key that reads them.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use shared::secret_key::{MintedKey, READER_PREFIX};
use tokio_postgres::{Client, NoTls};

use crate::workspace::Workspace;

/// The demo's widgets: id and name.
///
/// The last is for replayed logs: no demo traffic goes there. All of them keep the events of robots: a developer's `curl` is one,
/// and a log's counts are to be those of the log.
pub(super) const PROJECTS: [(&str, &str); 5] = [
    ("booking-bot", "Booking Bot"),
    ("chat-bubble", "Chat Bubble"),
    ("contact-form", "Contact Form"),
    ("newsletter", "Newsletter"),
    (LOG_PROJECT, "Access Log"),
];
/// The project that logs are replayed into.
const LOG_PROJECT: &str = "access-log";
/// What the key is called in the database.
const KEY_NAME: &str = "demo";
/// Only the developer may read the key.
const KEY_FILE_MODE: u32 = 0o600;

/// A reader's credential.
pub(super) struct DemoKey(MintedKey);

/// Makes what is missing of projects and key; a key of an earlier run is used again while the database knows it.
///
/// # Errors
/// When the database or the key's file can't be used.
pub(super) async fn prepare(workspace: &Workspace, database_url: &str) -> Result<DemoKey> {
    let (client, connection) =
        tokio_postgres::connect(database_url, NoTls).await.context("connecting to Postgres")?;
    let connection = tokio::spawn(connection);
    for (project_id, name) in PROJECTS {
        let insert = "insert into projects (project_id, name, keep_bots) values ($1, $2, true) \
                      on conflict (project_id) do update set keep_bots = true where not projects.keep_bots";
        client.execute(insert, &[&project_id, &name]).await.context("making the demo projects")?;
    }
    // A log that is replayed may be of any year.
    client
        .execute("update retention set raw_months = 0, rollup_months = 0", &[])
        .await
        .context("keeping rows for ever")?;
    let file = workspace.footfall.join("demo-key");
    let key = match fs::read_to_string(&file).ok().and_then(|text| DemoKey::parse(text.trim())) {
        Some(key) if key.is_known(&client).await? => key,
        _ => DemoKey::make(&client, &file).await?,
    };
    let grant = "insert into api_key_projects (key_id, project_id) values ($1, $2) on conflict do nothing";
    for (project_id, _) in PROJECTS {
        client
            .execute(grant, &[&key.0.key_id(), &project_id])
            .await
            .context("granting the projects to the key")?;
    }
    drop(client);
    connection.await?.context("closing the connection to Postgres")?;
    Ok(key)
}

impl DemoKey {
    /// The key as a client sends it.
    pub(super) fn text(&self) -> String {
        self.0.text()
    }

    async fn make(client: &Client, file: &Path) -> Result<Self> {
        let key =
            Self(MintedKey::mint(READER_PREFIX).context("asking the operating system for random bytes")?);
        let insert = "insert into api_keys (key_id, name, secret_sha256) values ($1, $2, $3)";
        client
            .execute(insert, &[&key.0.key_id(), &KEY_NAME, &key.hash()])
            .await
            .context("storing the key's hash")?;
        // A file of an earlier run may have a wider mode.
        let _absent = fs::remove_file(file);
        let mut options = fs::OpenOptions::new();
        let mut opened = options.create_new(true).write(true).mode(KEY_FILE_MODE).open(file)?;
        writeln!(opened, "{}", key.text())?;
        Ok(key)
    }

    async fn is_known(&self, client: &Client) -> Result<bool> {
        let query = "select exists (select from api_keys where key_id = $1 and secret_sha256 = $2 and revoked_at is null)";
        let row =
            client.query_one(query, &[&self.0.key_id(), &self.hash()]).await.context("looking the key up")?;
        Ok(row.get(0))
    }

    fn hash(&self) -> Vec<u8> {
        self.0.secret_sha256().to_vec()
    }

    fn parse(text: &str) -> Option<Self> {
        MintedKey::parse(text, READER_PREFIX).map(Self)
    }
}
