//! `cargo xtask bench reporter`: a dashboard's answer over months of real rollups, against the same questions asked of the raw rows.
//!
//! The history is stored by the writer's own code (`e2e::history`), so the reporter meets what it meets in production: packed and
//! open rollups, and deltas that nobody has folded yet. Each answer is held against the raw rows before it is timed: a wrong one
//! is an error.

use anyhow::{Result, bail};
use testkit::{Data, PostgresServer};

use crate::provision::provide_postgres;
use crate::run::geo;
use crate::steps::{note, step};
use crate::workspace::Workspace;

mod asking;

mod check;

mod figures;

mod history;

mod plans;

mod raw;

use asking::{Cache, Reporter};
use figures::{Figures, Size};
use history::{Histories, History};
use raw::Questions;

/// Rounds of the raw questions.
const RAW_ROUNDS: usize = 3;
/// Days that the dashboard asks for.
const PERIOD_DAYS: i64 = 30;
/// The zones that it is asked in; the first is the one whose figures count.
const ZONES: [&str; 3] = ["UTC", "Asia/Jerusalem", "America/New_York"];
/// Answers that are timed: of one client, and of several together.
const CALLS: u64 = 600;
/// Clients that ask at once.
const CLIENTS: usize = 32;
/// Clients that ask at once where answers are shared.
const DASHBOARDS: usize = 1_000;

/// What `cargo xtask bench reporter` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Ends with one line of JSON.
    #[arg(long)]
    json: bool,
    /// Raw rows, once for each size; the last is the one that most is asked of.
    #[arg(long, num_args = 1.., default_values_t = [1_000_000, 20_000_000], value_parser = clap::value_parser!(u64).range(10_000..=100_000_000))]
    rows: Vec<u64>,
    /// Days that the rows are spread over, up to now.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(31..=700))]
    days: u16,
    /// Leaves the databases for the next run, which takes those that it would make; some 9 GB for 20 million rows.
    #[arg(long)]
    keep: bool,
    /// Writes the plan of each statement of each report into `reporter/docs/plans.md`, and fails where one scans a growing table.
    #[arg(long)]
    explain: bool,
}

/// Measures and shows.
///
/// # Errors
/// When something does not come up, an answer is not what the raw rows say, or a plan scans a table that grows.
pub(super) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    build(workspace).await?;
    let geo_files = geo::provide(workspace).await;
    let (url, mut server) = provide_postgres(&workspace.footfall.join("bench-reporter"), Data::Kept).await?;
    let measured = measure(workspace, arguments, &url, server.as_ref(), &geo_files).await;
    if let Some(server) = &mut server {
        server.stop().await;
    }
    let figures = measured?;
    println!();
    figures.show();
    if arguments.json {
        println!("{}", figures.json());
    }
    Ok(())
}

async fn build(workspace: &Workspace) -> Result<()> {
    note("building in release mode");
    let mut cargo = workspace.cargo();
    let built = cargo.args(["build", "--release", "--package", "e2e", "--package", "reporter", "--bins"]);
    if !built.status().await?.success() {
        bail!("the benchmark's programs do not build");
    }
    Ok(())
}

async fn measure(
    workspace: &Workspace,
    arguments: &Arguments,
    url: &str,
    server: Option<&PostgresServer>,
    geo_files: &str,
) -> Result<Figures> {
    let histories = Histories::on(url, server.is_some(), &workspace.target.join("release")).await?;
    let mut figures = Figures::default();
    let largest = arguments.rows.iter().copied().max().unwrap_or_default();
    for &rows in &arguments.rows {
        let history = histories.provide(rows, arguments.days, geo_files).await?;
        figures.sizes.push(measure_size(workspace, &history).await?);
        if rows == largest {
            measure_reports(workspace, &history, &mut figures).await?;
            if arguments.explain {
                let log = server.map(PostgresServer::log_path);
                plans::write(workspace, &history, log).await?;
            }
        }
        if !arguments.keep {
            histories.forget(&history).await?;
        }
    }
    Ok(figures)
}

/// The dashboard, by itself and by several at once, and the raw rows.
async fn measure_size(workspace: &Workspace, history: &History) -> Result<Size> {
    let reporter = Reporter::start(workspace, history, Cache::Off).await?;
    let mut raw_ms = Vec::new();
    for zone in ZONES {
        let questions = Questions::new(history, PERIOD_DAYS, zone);
        let doing = format!("asking the raw rows, {zone}");
        let rounds = if zone == ZONES[0] { RAW_ROUNDS } else { 1 };
        let (answers, took_ms) = step(&doing, questions.ask(history, rounds), |(_, took_ms)| {
            format!("{zone}: {took_ms:.0} ms for five questions")
        })
        .await?;
        check::overview(&reporter.overview(&questions, zone).await?, &answers)?;
        raw_ms.push(took_ms);
    }
    let question = reporter.overview_question(PERIOD_DAYS, ZONES[0]);
    let alone = reporter.ask("one client", std::slice::from_ref(&question), 1, CALLS).await?;
    let together = reporter.ask("32 clients", &[question], CLIENTS, CALLS * 5).await?;
    let rss_mb = reporter.rss_mb()?;
    Ok(Size {
        rows: history.rows(),
        alone,
        together,
        raw_ms: raw_ms[0],
        rss_mb,
        loaded_s: history.loaded_s(),
    })
}

/// What else is asked of the largest history.
async fn measure_reports(workspace: &Workspace, history: &History, figures: &mut Figures) -> Result<()> {
    let reporter = Reporter::start(workspace, history, Cache::Off).await?;
    for zone in &ZONES[1..] {
        let question = reporter.overview_question(PERIOD_DAYS, zone);
        let asked = reporter.ask(zone, &[question], 1, CALLS).await?;
        figures.questions.push((format!("overview, {zone}"), asked));
    }
    let listed = reporter.with_listed_projects(history).await?;
    let question = reporter.overview_question(PERIOD_DAYS, ZONES[0]);
    let asked = listed.ask("a key of listed projects", &[question], 1, CALLS).await?;
    figures.questions.push(("overview, a key of 200 listed projects".to_owned(), asked));
    for question in reporter.other_questions(PERIOD_DAYS) {
        let asked = reporter.ask(&question, std::slice::from_ref(&question), 1, CALLS).await?;
        let name = question.trim_start_matches("/v1/reports/").to_owned();
        figures.questions.push((name, asked));
    }
    drop(listed);
    drop(reporter);
    let sharing = Reporter::start(workspace, history, Cache::On).await?;
    let question = [sharing.overview_question(PERIOD_DAYS, ZONES[0])];
    figures.shared_few = sharing.ask("32 clients, shared", &question, CLIENTS, CALLS * 20).await?;
    figures.shared_many = sharing.ask("1,000 clients, shared", &question, DASHBOARDS, CALLS * 40).await?;
    figures.shared_rss_mb = sharing.rss_mb()?;
    Ok(())
}
