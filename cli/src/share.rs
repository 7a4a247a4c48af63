//! `footfall share`: links that open some projects' reports, to be given to people without a key. A link's token is shown once.

use clap::{Args, Subcommand};
use serde_json::json;
use shared::ids::ProjectId;
use shared::secret_key::{MintedKey, SHARE_PREFIX};
use time::OffsetDateTime;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::answer::{Answer, table};
use crate::database;
use crate::failure::Failure;
use crate::values::{KeyId, Name, Shown};

/// Longest that a share may be told to hold, in days: ten years.
const EXPIRES_IN_DAYS_MAX: i64 = 3_650;

/// What to do with share links.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a share link and shows its token, once.
    Create(Create),
    /// Every share link, without its secret, which nobody has but its holders.
    List,
    /// Ends a share link; requests that bring it are refused some two seconds later.
    Revoke(Revoke),
}

/// A new share link. It opens counts: neither questions, which visitors wrote, nor receipts.
#[derive(Debug, Args)]
pub struct Create {
    /// A project whose reports it opens; give it once for each.
    #[arg(long, value_name = "ID", required = true)]
    project: Vec<ProjectId>,
    /// Who gets it, or what for.
    #[arg(long)]
    name: Name,
    /// In how many days it ends by itself; it holds until it is revoked where none is given.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i32).range(1..=EXPIRES_IN_DAYS_MAX))]
    expires_in_days: Option<i32>,
    /// The id of the key on whose behalf it is made: it never sees more than that key, and ends with it.
    #[arg(long, value_name = "KEY_ID")]
    key: Option<KeyId>,
}

/// The end of a share link.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The 12 digits between the two underscores of the token.
    share_id: KeyId,
}

pub(crate) async fn run(command: Command) -> Result<Answer, Failure> {
    let client = database::connect().await?;
    match command {
        Command::Create(create) => self::create(&client, &create).await,
        Command::List => list(&client).await,
        Command::Revoke(Revoke { share_id }) => revoke(&client, share_id.as_str()).await,
    }
}

async fn create(client: &Client, create: &Create) -> Result<Answer, Failure> {
    let share = MintedKey::mint(SHARE_PREFIX).map_err(|error| {
        Failure::Failed(anyhow::Error::from(error).context("the operating system has no random bytes"))
    })?;
    let (share_id, name, hash) = (share.key_id(), create.name.as_str(), share.secret_sha256());
    let (hash, key) = (hash.as_slice(), create.key.as_ref().map(KeyId::as_str));
    let projects: Vec<&str> = create.project.iter().map(ProjectId::as_str).collect();
    let made = client
        .query(
            include_str!("share/create.sql"),
            &[&share_id, &name, &hash, &key, &create.expires_in_days, &projects],
        )
        .await;
    let made = made.map_err(|error| match error.code() {
        Some(&SqlState::FOREIGN_KEY_VIOLATION) => Failure::Refused(format!(
            "there is no project {}: `footfall project list` shows those there are",
            projects.join(", or ")
        )),
        _ => error.into(),
    })?;
    let Some(row) = made.first() else {
        let problem = "the key does not see all of these projects, or is revoked: `footfall key list` shows what it sees";
        return Err(Failure::Refused(problem.to_owned()));
    };
    let expires_at: Option<OffsetDateTime> = row.get(0);
    let text = share.text();
    let json = json!({
        "share": text, "share_id": share_id, "name": name, "projects": projects, "key_id": key,
        "expires_at": expires_at.map(|_| Shown(expires_at).to_string()),
    });
    // The token alone on standard output, so that it can be piped into a link.
    eprintln!(
        "This is the only time that the link's token is shown: add it to an address as share=…, or send it as a key; \
         `footfall share revoke {share_id}` ends it."
    );
    Ok(Answer::good(text, json))
}

async fn list(client: &Client) -> Result<Answer, Failure> {
    let rows = client.query(include_str!("share/list.sql"), &[]).await?;
    let mut shown = Vec::new();
    let mut json = Vec::new();
    for row in &rows {
        let (share_id, name): (String, String) = (row.get(0), row.get(1));
        let (projects, key_id): (Vec<String>, Option<String>) = (row.get(2), row.get(3));
        let at = |column: usize| row.get::<_, Option<OffsetDateTime>>(column);
        let told = |column: usize| at(column).map(|_| Shown(at(column)).to_string());
        let holds: bool = row.get(7);
        json.push(json!({
            "share_id": share_id, "name": name, "projects": projects, "key_id": key_id, "created_at": told(4),
            "expires_at": told(5), "revoked_at": told(6), "holds": holds,
        }));
        let dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let holds = if holds { "yes" } else { "no" }.to_owned();
        let projects = projects.join(" ");
        shown.push([
            share_id,
            name,
            projects,
            dash(key_id),
            dash(told(4)),
            dash(told(5)),
            dash(told(6)),
            holds,
        ]);
    }
    let head = ["share", "name", "projects", "key", "created", "expires", "revoked", "holds"];
    let nothing = "no share link yet: `footfall share create --project ID --name NAME` makes one";
    Ok(Answer::good(table(head, &shown, nothing), json.into()))
}

async fn revoke(client: &Client, share_id: &str) -> Result<Answer, Failure> {
    let revoked = client.query(include_str!("share/revoke.sql"), &[&share_id]).await?;
    let Some(row) = revoked.first() else {
        let problem =
            format!("there is no share link {share_id}: `footfall share list` shows those there are");
        return Err(Failure::Refused(problem));
    };
    let at = Shown(Some(row.get(0))).to_string();
    Ok(Answer::good(
        format!("share link {share_id} is revoked since {at}"),
        json!({ "share_id": share_id, "revoked_at": at }),
    ))
}
