//! Demo projects, and a key that reads them.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use tokio_postgres::{Client, NoTls};

use crate::workspace::Workspace;

/// The demo's widgets: id and name.
///
/// The last is for replayed logs: no demo traffic goes there, so its counts are those of the log.
pub(super) const PROJECTS: [(&str, &str); 5] = [
    ("booking-bot", "Booking Bot"),
    ("chat-bubble", "Chat Bubble"),
    ("contact-form", "Contact Form"),
    ("newsletter", "Newsletter"),
    ("access-log", "Access Log"),
];
/// What the key is called in the database.
const KEY_NAME: &str = "demo";
/// Only the developer may read the key.
const KEY_FILE_MODE: u32 = 0o600;
/// Length of a key's public part, in bytes; twice that in characters.
const KEY_ID_BYTES: usize = 6;
/// Length of a key's secret, in bytes; twice that in characters.
const SECRET_BYTES: usize = 32;

/// A reader's credential: `ffk_`, a public id, `_`, a secret, both in hexadecimal.
pub(super) struct DemoKey {
    key_id: String,
    secret: Vec<u8>,
}

/// Makes what is missing of projects and key; a key of an earlier run is used again while the database knows it.
///
/// # Errors
/// When the database or the key's file can't be used.
pub(super) async fn prepare(workspace: &Workspace, database_url: &str) -> Result<DemoKey> {
    let (client, connection) =
        tokio_postgres::connect(database_url, NoTls).await.context("connecting to Postgres")?;
    let connection = tokio::spawn(connection);
    for (project_id, name) in PROJECTS {
        let insert =
            "insert into projects (project_id, name) values ($1, $2) on conflict (project_id) do nothing";
        client.execute(insert, &[&project_id, &name]).await.context("making the demo projects")?;
    }
    let file = workspace.footfall.join("demo-key");
    let key = match fs::read_to_string(&file).ok().and_then(|text| DemoKey::parse(text.trim())) {
        Some(key) if key.is_known(&client).await? => key,
        _ => DemoKey::make(&client, &file).await?,
    };
    let grant = "insert into api_key_projects (key_id, project_id) values ($1, $2) on conflict do nothing";
    for (project_id, _) in PROJECTS {
        client
            .execute(grant, &[&key.key_id, &project_id])
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
        format!("ffk_{}_{}", self.key_id, hex(&self.secret))
    }

    async fn make(client: &Client, file: &Path) -> Result<Self> {
        let key = Self {
            key_id: hex(&random_bytes::<KEY_ID_BYTES>()?),
            secret: random_bytes::<SECRET_BYTES>()?.to_vec(),
        };
        let insert = "insert into api_keys (key_id, name, secret_sha256) values ($1, $2, $3)";
        client
            .execute(insert, &[&key.key_id, &KEY_NAME, &key.hash()])
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
            client.query_one(query, &[&self.key_id, &self.hash()]).await.context("looking the key up")?;
        Ok(row.get(0))
    }

    fn hash(&self) -> Vec<u8> {
        Sha256::digest(&self.secret).to_vec()
    }

    fn parse(text: &str) -> Option<Self> {
        let (key_id, secret) = text.strip_prefix("ffk_")?.split_once('_')?;
        let secret = bytes_of_hex(secret)?;
        (key_id.len() == 2 * KEY_ID_BYTES && secret.len() == SECRET_BYTES)
            .then(|| Self { key_id: key_id.to_owned(), secret })
    }
}

fn random_bytes<const LENGTH: usize>() -> Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).context("asking the operating system for random bytes")?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = (0..text.len()).step_by(2).map(|at| text.get(at..at + 2));
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_from_its_text() {
        let key = DemoKey { key_id: "0123456789ab".to_owned(), secret: vec![0xfe; SECRET_BYTES] };
        let read = DemoKey::parse(&key.text()).unwrap();
        assert_eq!((read.text(), read.hash()), (key.text(), key.hash()));
    }

    #[test]
    fn what_is_no_key_is_made_anew() {
        for text in ["", "ffk_0123456789ab_", "ffk_01_fefe", "ffk_0123456789ab_zz", "0123456789ab"] {
            assert!(DemoKey::parse(text).is_none(), "{text:?}");
        }
    }
}
