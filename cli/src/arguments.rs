//! What can be asked for.

use clap::{Parser, Subcommand};

use crate::{doctor, key, maintain, project, quarantine, rollups, share, visitor};

/// Footfall's command line for operators.
///
/// Settings come from the environment: `DATABASE_URL` always, `AMQP_URL` for `doctor`; `.env` files are not read.
#[derive(Debug, Parser)]
#[command(name = "footfall", version, after_help = EXIT_CODES)]
pub struct Arguments {
    /// Prints one JSON value instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str =
    "Exit codes: 0 done; 1 it failed, or the answer is bad; 2 the command or a setting is wrong.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Projects: the widgets that are counted.
    #[command(subcommand)]
    Project(project::Command),
    /// Keys: who may read reports, and who may send from a server.
    #[command(subcommand)]
    Key(key::Command),
    /// Share links: each opens the reports of some projects to whoever has it.
    #[command(subcommand)]
    Share(share::Command),
    /// What was accepted and could not be stored.
    #[command(subcommand)]
    Quarantine(quarantine::Command),
    /// Makes month partitions ahead and removes what expired; writers do it by themselves every hour.
    Maintain(maintain::Maintain),
    /// Shows or sets how long raw rows, rollups and the ledger are kept.
    Retention(maintain::Retention),
    /// Counts raw rows again and compares them with every rollup of events; ends with 1 where one differs.
    Verify(rollups::Verify),
    /// Counts raw rows again and puts the result in the place of rollups that differ; writers and readers go on meanwhile.
    Rebuild(rollups::Rebuild),
    /// Everything there is of one visitor, as JSON.
    Export(visitor::Export),
    /// Erases everything there is of one visitor, and corrects the rollups.
    Erase(visitor::Erase),
    /// Looks for what could break the promise, in the settings of database and broker, and says what to change.
    Doctor(doctor::Doctor),
}
