//! `footfall project`: what is counted, from whose pages, and which wishes of visitors are honoured.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::ids::ProjectId;
use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::answer::{Answer, printable, table};
use crate::database;
use crate::failure::Failure;
use crate::values::{Name, Origin, Shown, Switch};

/// Most origins of a project; the table takes no more.
const ORIGINS_MAX: usize = 50;

/// What to do with projects.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Adds a project; collectors take its events a second later.
    Add(Add),
    /// Every project.
    List,
    /// One project with its settings.
    Show(Id),
    /// Shows or sets the pages that may send: those of these origins, or any.
    Origins(Origins),
    /// Shows or sets which signals of a browser are honoured: events that come with one are dropped, and counted.
    Privacy(Privacy),
    /// Shows or sets whether events of robots are kept: crawlers, driven browsers, prefetches; else they are dropped, and counted.
    Bots(Bots),
    /// Ends a project: collectors answer 404; what was stored, and its reports, stay.
    Retire(Retire),
}

/// Which project.
#[derive(Debug, Args)]
pub struct Id {
    /// The project's id, as in its script tag.
    id: ProjectId,
}

/// A new project.
#[derive(Debug, Args)]
pub struct Add {
    /// 1 to 64 characters of a-z, 0-9, '-' and '_'; public, and never changed.
    id: ProjectId,
    /// What people call it.
    #[arg(long)]
    name: Name,
}

/// Whose pages may send.
#[derive(Debug, Args)]
pub struct Origins {
    /// The project's id.
    id: ProjectId,
    /// As `https://example.com` or `https://*.example.com`; they replace those before. With none: shows them.
    #[arg(conflicts_with = "any", num_args = 0..=ORIGINS_MAX)]
    origins: Vec<Origin>,
    /// Pages of any origin, and clients that state none.
    #[arg(long)]
    any: bool,
}

/// Which signals are honoured.
#[derive(Debug, Args)]
pub struct Privacy {
    /// The project's id.
    id: ProjectId,
    /// Whether `Sec-GPC: 1` is honoured; on for a new project.
    #[arg(long)]
    gpc: Option<Switch>,
    /// Whether `DNT: 1` is honoured; off for a new project.
    #[arg(long)]
    dnt: Option<Switch>,
}

/// What becomes of events that no visitor made.
#[derive(Debug, Args)]
pub struct Bots {
    /// The project's id.
    id: ProjectId,
    /// Whether they are kept and counted as any other; off for a new project.
    #[arg(long)]
    keep: Option<Switch>,
}

/// The end of a project.
#[derive(Debug, Args)]
pub struct Retire {
    /// The project's id.
    id: ProjectId,
    /// Takes it back: collectors take its events again.
    #[arg(long)]
    undo: bool,
}

pub(crate) async fn run(command: Command) -> Result<Answer, Failure> {
    let client = database::connect().await?;
    let (sql, id): (&str, &ProjectId) = match &command {
        Command::List => {
            let rows = client.query(include_str!("project/list.sql"), &[]).await?;
            return Ok(listed(&rows.iter().map(Project::from).collect::<Vec<_>>()));
        }
        Command::Add(Add { id, .. }) => (include_str!("project/add.sql"), id),
        Command::Show(Id { id }) => (include_str!("project/show.sql"), id),
        Command::Origins(Origins { id, .. }) => (include_str!("project/origins.sql"), id),
        Command::Privacy(Privacy { id, .. }) => (include_str!("project/privacy.sql"), id),
        Command::Bots(Bots { id, .. }) => (include_str!("project/bots.sql"), id),
        Command::Retire(Retire { id, .. }) => (include_str!("project/retire.sql"), id),
    };
    let id = id.as_str();
    let row = match &command {
        Command::Add(Add { name, .. }) => client.query_opt(sql, &[&id, &name.as_str()]).await?,
        Command::Origins(Origins { origins, any, .. }) => {
            let origins: Vec<&str> = origins.iter().map(Origin::as_str).collect();
            let set = (*any || !origins.is_empty()).then_some(origins);
            client.query_opt(sql, &[&id, &set]).await?
        }
        Command::Privacy(Privacy { gpc, dnt, .. }) => {
            let (gpc, dnt) = (gpc.map(Switch::is_on), dnt.map(Switch::is_on));
            client.query_opt(sql, &[&id, &gpc, &dnt]).await?
        }
        Command::Bots(Bots { keep, .. }) => client.query_opt(sql, &[&id, &keep.map(Switch::is_on)]).await?,
        Command::Retire(Retire { undo, .. }) => client.query_opt(sql, &[&id, undo]).await?,
        Command::Show(_) | Command::List => client.query_opt(sql, &[&id]).await?,
    };
    match (row, &command) {
        (Some(row), _) => Ok(shown(&Project::from(&row))),
        (None, Command::Add(_)) => {
            Err(Failure::Refused(format!("there is a project {id} already: `footfall project show {id}`")))
        }
        (None, _) => Err(Failure::Refused(format!(
            "there is no project {id}: `footfall project list` shows those there are"
        ))),
    }
}

/// A project as the table has it.
struct Project {
    id: String,
    name: String,
    created_at: OffsetDateTime,
    retired_at: Option<OffsetDateTime>,
    allowed_origins: Vec<String>,
    honour_gpc: bool,
    honour_dnt: bool,
    keep_bots: bool,
}

impl From<&Row> for Project {
    fn from(row: &Row) -> Self {
        Self {
            id: row.get("project_id"),
            name: row.get("name"),
            created_at: row.get("created_at"),
            retired_at: row.get("retired_at"),
            allowed_origins: row.get("allowed_origins"),
            honour_gpc: row.get("honour_gpc"),
            honour_dnt: row.get("honour_dnt"),
            keep_bots: row.get("keep_bots"),
        }
    }
}

impl Project {
    fn json(&self) -> Value {
        json!({
            "project_id": self.id,
            "name": self.name,
            "created_at": Shown(Some(self.created_at)).to_string(),
            "retired_at": self.retired_at.map(|at| Shown(Some(at)).to_string()),
            "allowed_origins": self.allowed_origins,
            "honour_gpc": self.honour_gpc,
            "honour_dnt": self.honour_dnt,
            "keep_bots": self.keep_bots,
        })
    }

    fn origins(&self) -> String {
        if self.allowed_origins.is_empty() { "any".to_owned() } else { self.allowed_origins.join(" ") }
    }

    fn honours(&self) -> &'static str {
        match (self.honour_gpc, self.honour_dnt) {
            (true, true) => "gpc dnt",
            (true, false) => "gpc",
            (false, true) => "dnt",
            (false, false) => "nothing",
        }
    }

    fn bots(&self) -> &'static str {
        if self.keep_bots { "kept" } else { "dropped" }
    }
}

fn listed(projects: &[Project]) -> Answer {
    let rows: Vec<[String; 7]> = projects
        .iter()
        .map(|project| {
            let (created, retired) = (Shown(Some(project.created_at)), Shown(project.retired_at));
            let honours = project.honours().to_owned();
            let name = project.name.clone();
            let (created, retired) = (created.to_string(), retired.to_string());
            let bots = project.bots().to_owned();
            [project.id.clone(), name, created, retired, project.origins(), honours, bots]
        })
        .collect();
    let head = ["project", "name", "created", "retired", "origins", "honours", "bots"];
    let nothing = "no project yet: `footfall project add ID --name NAME` adds one";
    Answer::good(table(head, &rows, nothing), projects.iter().map(Project::json).collect())
}

fn shown(project: &Project) -> Answer {
    let text = format!(
        "project  {}\nname     {}\ncreated  {}\nretired  {}\norigins  {}\nhonours  {}\nbots     {}",
        project.id,
        printable(&project.name),
        Shown(Some(project.created_at)),
        Shown(project.retired_at),
        printable(&project.origins()),
        project.honours(),
        project.bots(),
    );
    Answer::good(text, project.json())
}
