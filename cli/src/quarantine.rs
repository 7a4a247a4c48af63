//! `footfall quarantine`: what was accepted and could not be stored: look at it, try it again, or let it go.

mod filter;
mod list;
mod purge;
mod replay;
mod show;

use clap::Subcommand;

use self::filter::{Chosen, Filter};
use crate::answer::Answer;
use crate::failure::Failure;

/// What to do with the quarantine.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// How much there is, by reason and project, and the newest entries.
    List(list::List),
    /// One entry, with its payload as text.
    Show(show::Show),
    /// Deletes entries for good. Their events were accepted and will never be counted.
    Purge(purge::Purge),
    /// Tries entries again: what can be stored now is counted, once, and leaves the quarantine.
    Replay(replay::Replay),
}

pub(crate) async fn run(command: Command) -> Result<Answer, Failure> {
    match command {
        Command::List(list) => list::run(&list).await,
        Command::Show(show) => show::run(&show).await,
        Command::Purge(purge) => purge::run(&purge).await,
        Command::Replay(replay) => replay::run(&replay).await,
    }
}
