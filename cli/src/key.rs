//! `footfall key`: who may read reports, and who may send from a server. A key is shown once, when it is made.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::ids::ProjectId;
use shared::secret_key::{INGEST_PREFIX, MintedKey, READER_PREFIX};
use time::OffsetDateTime;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::answer::{Answer, table};
use crate::database;
use crate::failure::Failure;
use crate::values::{KeyId, Name, Shown};

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a key and shows it, once.
    Add(Add),
    /// Every key, without its secret, which nobody has but its holder.
    List,
    /// Ends a key, and the share links made for it; requests that bring one are refused some two seconds later.
    Revoke(Revoke),
}

/// A new key.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("sees").required(true).args(["project", "all", "ingest"]))]
pub struct Add {
    /// A project whose reports it reads; give it once for each.
    #[arg(long, value_name = "ID")]
    project: Vec<ProjectId>,
    /// Reads the reports of every project, those to come as well.
    #[arg(long)]
    all: bool,
    /// Sends to this project from a server, and reads nothing.
    #[arg(long, value_name = "ID")]
    ingest: Option<ProjectId>,
    /// Who holds it, or what for.
    #[arg(long)]
    name: Name,
}

/// The end of a key.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The 12 digits between the two underscores of the key.
    key_id: KeyId,
}

pub(crate) async fn run(command: Command) -> Result<Answer, Failure> {
    let client = database::connect().await?;
    match command {
        Command::Add(add) => self::add(&client, &add).await,
        Command::List => list(&client).await,
        Command::Revoke(Revoke { key_id }) => revoke(&client, key_id.as_str()).await,
    }
}

async fn add(client: &Client, add: &Add) -> Result<Answer, Failure> {
    let prefix = if add.ingest.is_some() { INGEST_PREFIX } else { READER_PREFIX };
    let key = MintedKey::mint(prefix).map_err(|error| {
        Failure::Failed(anyhow::Error::from(error).context("the operating system has no random bytes"))
    })?;
    let (key_id, name, hash) = (key.key_id(), add.name.as_str(), key.secret_sha256());
    let hash = hash.as_slice();
    let projects: Vec<&str> = add.project.iter().chain(&add.ingest).map(ProjectId::as_str).collect();
    let made = match &add.ingest {
        Some(project) => {
            let sql = include_str!("key/add_ingest.sql");
            client.execute(sql, &[&key_id, &project.as_str(), &name, &hash]).await
        }
        None => {
            let sql = include_str!("key/add_reader.sql");
            client.execute(sql, &[&key_id, &name, &hash, &add.all, &projects]).await
        }
    };
    if let Err(error) = made {
        return Err(match error.code() {
            Some(&SqlState::FOREIGN_KEY_VIOLATION) => Failure::Refused(format!(
                "there is no project {}: `footfall project list` shows those there are",
                projects.join(", or ")
            )),
            _ => error.into(),
        });
    }
    let text = key.text();
    let json = json!({
        "key": text, "key_id": key_id, "kind": kind(add.ingest.is_some()), "name": name,
        "projects": if add.all { Value::Null } else { json!(projects) },
    });
    // The key alone on standard output, so that it can be piped into a secret's file.
    eprintln!("This is the only time that the key is shown; `footfall key revoke {key_id}` ends it.");
    Ok(Answer::good(text, json))
}

fn kind(is_ingest: bool) -> &'static str {
    if is_ingest { "ingest" } else { "reader" }
}

async fn list(client: &Client) -> Result<Answer, Failure> {
    let rows = client.query(include_str!("key/list.sql"), &[]).await?;
    let mut shown = Vec::new();
    let mut json = Vec::new();
    for row in &rows {
        let (key_id, kind, name): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        // None: every project.
        let projects: Option<Vec<String>> = row.get(3);
        let (created, revoked): (OffsetDateTime, Option<OffsetDateTime>) = (row.get(4), row.get(5));
        let (created, revoked) = (Shown(Some(created)).to_string(), Shown(revoked).to_string());
        json.push(json!({
            "key_id": key_id, "kind": kind, "name": name, "projects": projects, "created_at": created,
            "revoked_at": row.get::<_, Option<OffsetDateTime>>(5).map(|_| revoked.clone()),
        }));
        let projects = projects.map_or_else(|| "all".to_owned(), |projects| projects.join(" "));
        shown.push([key_id, kind, name, projects, created, revoked]);
    }
    let head = ["key", "kind", "name", "projects", "created", "revoked"];
    let text = table(
        head,
        &shown,
        "no key yet: `footfall key add --all --name NAME` makes one that reads everything",
    );
    Ok(Answer::good(text, json.into()))
}

async fn revoke(client: &Client, key_id: &str) -> Result<Answer, Failure> {
    let revoked = client.query(include_str!("key/revoke.sql"), &[&key_id]).await?;
    let Some(row) = revoked.first() else {
        let problem = format!("there is no key {key_id}: `footfall key list` shows those there are");
        return Err(Failure::Refused(problem));
    };
    let at = Shown(Some(row.get(0))).to_string();
    Ok(Answer::good(
        format!("key {key_id} is revoked since {at}"),
        json!({ "key_id": key_id, "revoked_at": at }),
    ))
}
