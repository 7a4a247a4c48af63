//! `footfall verify` and `footfall rebuild`: rollups against the raw rows, a UTC day at a time.

use clap::Args;
use serde_json::json;
use shared::ids::ProjectId;
use time::Date;
use tokio_postgres::Client;
use writer::fold;
use writer::recount::{self, Difference, EveryProject, Recount};

use crate::answer::{Answer, printable};
use crate::database;
use crate::failure::Failure;
use crate::values::Day;

/// Most differences that are shown; the rest is counted.
const DIFFERENCES_SHOWN_MAX: usize = 1_000;
/// Longest statement, in milliseconds: a day of one project is one scan of its rows.
const STATEMENT_LIMIT_MS: u64 = 1_800_000;
/// Longest wait for a lock of a rebuild's, in milliseconds: a step of whoever folds is shorter.
const LOCK_LIMIT_MS: u64 = 60_000;

/// What to compare; without any of it, all that there is.
#[derive(Debug, Args)]
pub struct Verify {
    /// First UTC day, as 2026-11-23.
    #[arg(long, value_name = "DAY")]
    from: Option<Day>,
    /// Last UTC day.
    #[arg(long, value_name = "DAY")]
    to: Option<Day>,
    /// One project alone.
    #[arg(long, value_name = "PROJECT_ID")]
    project: Option<ProjectId>,
}

/// What to count again.
#[derive(Debug, Args)]
pub struct Rebuild {
    /// First UTC day, as 2026-11-23.
    #[arg(long, value_name = "DAY")]
    from: Day,
    /// Last UTC day.
    #[arg(long, value_name = "DAY")]
    to: Day,
    /// One project alone.
    #[arg(long, value_name = "PROJECT_ID")]
    project: Option<ProjectId>,
}

/// What was found, so far.
#[derive(Default)]
struct Findings {
    days: u64,
    /// Days whose raw rows are gone, so that there is nothing to count.
    days_without_rows: u64,
    project_days: u64,
    differing_project_days: u64,
    /// Days that differ where every project is counted together.
    differing_days: u64,
    differences: Vec<Difference>,
    differences_count: u64,
}

impl Findings {
    fn add(&mut self, differences: Vec<Difference>) {
        self.project_days += 1;
        self.differing_project_days += u64::from(!differences.is_empty());
        self.keep(differences);
    }

    /// Of every project together, which is no project's day.
    fn add_every_project(&mut self, differences: Vec<Difference>) {
        self.differing_days += u64::from(!differences.is_empty());
        self.keep(differences);
    }

    fn keep(&mut self, differences: Vec<Difference>) {
        self.differences_count += differences.len() as u64;
        let room = DIFFERENCES_SHOWN_MAX - self.differences.len();
        self.differences.extend(differences.into_iter().take(room));
    }

    /// Tells on standard error how far it is.
    fn tell(&self, day: Date, days: &Days) {
        let (done, all) = (self.days + self.days_without_rows, days.count());
        let differ = self.differing_project_days;
        eprintln!(
            "footfall: {day}, day {done} of {all}; project days so far: {}, of them differ: {differ}",
            self.project_days
        );
    }

    fn answer(self, outcome: &str, is_good: bool) -> Answer {
        let mut lines: Vec<String> =
            self.differences.iter().map(|difference| printable(&difference.to_string())).collect();
        let hidden = self.differences_count - self.differences.len() as u64;
        if hidden > 0 {
            lines.push(format!("and {hidden} more"));
        }
        if self.days_without_rows > 0 {
            lines.push(format!(
                "UTC days left out, since their raw rows are gone: {}",
                self.days_without_rows
            ));
        }
        if self.differing_days > 0 {
            lines.push(format!(
                "UTC days that differ where projects are counted together: {}",
                self.differing_days
            ));
        }
        lines.push(format!(
            "project days counted again: {}, on UTC days: {}; of them {outcome}: {}",
            self.project_days, self.days, self.differing_project_days
        ));
        let json = json!({
            "days": self.days, "days_without_rows": self.days_without_rows, "project_days": self.project_days,
            "differing_project_days": self.differing_project_days, "differing_days": self.differing_days,
            "differences_count": self.differences_count,
            "differences": self.differences,
        });
        Answer { text: lines.join("\n"), json, is_good }
    }
}

/// UTC days, both included.
struct Days {
    first: Date,
    last: Date,
}

impl Days {
    fn count(&self) -> u64 {
        (self.last - self.first).whole_days().unsigned_abs() + 1
    }

    fn iter(&self) -> impl Iterator<Item = Date> {
        let last = self.last;
        std::iter::successors(Some(self.first), |day| day.next_day()).take_while(move |day| *day <= last)
    }
}

pub(crate) async fn verify(asked: &Verify) -> Result<Answer, Failure> {
    let mut client = connect().await?;
    let mut findings = Findings::default();
    let Some((first, last)) = recount::days(&client).await? else {
        return Ok(findings.answer("differ", true));
    };
    let days =
        Days { first: asked.from.map_or(first, |Day(from)| from), last: asked.to.map_or(last, |Day(to)| to) };
    if days.last < days.first && (asked.from.is_some() || asked.to.is_some()) {
        return Err(Failure::Use(format!("there is no day from {} to {}", days.first, days.last)));
    }
    let project = asked.project.as_ref().map(ProjectId::as_str);
    for day in days.iter() {
        // A snapshot a day: one for all of them would keep Postgres from cleaning up behind the writers.
        let snapshot = recount::begin_snapshot(&mut client).await?;
        if !recount::has_raw_rows(&snapshot, day).await? {
            findings.days_without_rows += 1;
            continue;
        }
        let mut every = EveryProject::of(&snapshot, day).await?;
        for project_id in recount::projects_of_day(&snapshot, day, project).await? {
            let recount = Recount::of(&snapshot, &project_id, day).await?;
            findings.add(recount.differences());
            every.add(&recount)?;
        }
        if project.is_none() {
            findings.add_every_project(every.differences());
        }
        snapshot.commit().await?;
        findings.days += 1;
        findings.tell(day, &days);
    }
    let is_good = findings.differences_count == 0;
    Ok(findings.answer("differ", is_good))
}

pub(crate) async fn rebuild(asked: &Rebuild) -> Result<Answer, Failure> {
    let days = Days { first: asked.from.0, last: asked.to.0 };
    if days.last < days.first {
        return Err(Failure::Use(format!("there is no day from {} to {}", days.first, days.last)));
    }
    let mut client = connect().await?;
    let project = asked.project.as_ref().map(ProjectId::as_str);
    let mut findings = Findings::default();
    for day in days.iter() {
        if !recount::has_raw_rows(&client, day).await? {
            findings.days_without_rows += 1;
            continue;
        }
        for project_id in recount::projects_of_day(&client, day, project).await? {
            findings.add(recount::rebuild_day(&mut client, &project_id, day).await?);
        }
        // Whatever was found: who asks for all of a day gets all of it anew.
        fold::level_day(&mut client, day).await?;
        findings.days += 1;
        findings.tell(day, &days);
    }
    Ok(findings.answer("corrected", true))
}

async fn connect() -> Result<Client, Failure> {
    let client = database::connect().await?;
    let limits = format!("set statement_timeout = {STATEMENT_LIMIT_MS}; set lock_timeout = {LOCK_LIMIT_MS}");
    client.batch_execute(&limits).await?;
    Ok(client)
}
