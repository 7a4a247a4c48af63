//! `cargo xtask bench`: what a part can do, against what can be done at all, both on this machine and in one run.

use std::process::ExitCode;

use anyhow::Result;
use shared::shutdown;

use crate::workspace::Workspace;

mod stage;

mod database;

mod spread;

mod round;

mod collector;

mod overload;

mod faults;

mod writer;

mod ledger;

mod reporter;

/// What a shell reports for a program ended by SIGINT.
const EXIT_INTERRUPTED: u8 = 130;

/// What `cargo xtask bench` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(clap::Subcommand)]
enum Bench {
    /// Durable 202s a second, against a plain handler that parses the same body and answers at once.
    Collector(collector::Arguments),
    /// Ten times as much as the queue takes, for a minute.
    Overload(overload::Arguments),
    /// How fast the collector refuses while its broker is paused, killed, out of memory, or full.
    Faults(faults::Arguments),
    /// Rows a second out of a full queue, against a bare COPY of the same rows into the same tables.
    Writer(writer::Arguments),
    /// What the ledger costs an envelope, in time and bytes, against the table and the statement of before.
    Ledger(ledger::Arguments),
    /// A dashboard's answer from the rollups of millions of rows, against the same questions asked of those rows.
    Reporter(reporter::Arguments),
}

/// Runs a benchmark to its end.
///
/// # Errors
/// When something does not come up, or what was counted is not what should be: a 202 that is a lie, a row too few or too many. A figure below what is asked is no error.
pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let _only_one = workspace.lock("bench")?;
    let interrupted = shutdown::on_signal()?;
    let bench = async {
        match &arguments.bench {
            Bench::Collector(arguments) => collector::run(&workspace, arguments).await,
            Bench::Overload(arguments) => overload::run(&workspace, arguments).await,
            Bench::Faults(arguments) => faults::run(&workspace, arguments).await,
            Bench::Writer(arguments) => writer::run(&workspace, arguments).await,
            Bench::Ledger(arguments) => ledger::run(&workspace, arguments).await,
            Bench::Reporter(arguments) => reporter::run(&workspace, arguments).await,
        }
    };
    tokio::select! {
        outcome = bench => outcome.map(|()| ExitCode::SUCCESS),
        () = interrupted.cancelled() => Ok(ExitCode::from(EXIT_INTERRUPTED)),
    }
}
