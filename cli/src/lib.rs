#![doc = include_str!("../README.md")]

use std::process::ExitCode;

pub mod arguments;

mod answer;

mod database;

mod doctor;

mod failure;

mod key;

mod maintain;

mod project;

mod quarantine;

mod rollups;

mod share;

mod values;

mod visitor;

use crate::answer::Answer;
use crate::arguments::{Arguments, Command};
use crate::failure::Failure;

/// Runs one command, prints its answer, and tells by the exit code how it went.
pub async fn run(arguments: Arguments) -> ExitCode {
    let answer = match answer(arguments.command).await {
        Ok(answer) => answer,
        Err(failure) => {
            eprintln!("footfall: {failure:#}");
            return failure.exit_code();
        }
    };
    answer.print(arguments.json);
    if answer.is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn answer(command: Command) -> Result<Answer, Failure> {
    match command {
        Command::Project(command) => project::run(command).await,
        Command::Key(command) => key::run(command).await,
        Command::Share(command) => share::run(command).await,
        Command::Maintain(maintain) => maintain::run(&maintain).await,
        Command::Retention(retention) => maintain::retention(&retention).await,
        Command::Verify(verify) => rollups::verify(&verify).await,
        Command::Rebuild(rebuild) => rollups::rebuild(&rebuild).await,
        Command::Doctor(doctor) => doctor::run(&doctor).await,
        Command::Quarantine(command) => quarantine::run(command).await,
        Command::Export(asked) => visitor::export(&asked).await,
        Command::Erase(asked) => visitor::erase(&asked).await,
    }
}
