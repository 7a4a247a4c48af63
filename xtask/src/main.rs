#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, reason = "a developer's command talks to the developer")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod workspace;

mod steps;

mod provision;

mod test;

mod run;

mod replay;

mod bench;

mod schemathesis;

mod client_types;

mod node;

mod soak;

/// Footfall's commands for developers.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts the whole system with demo traffic; Ctrl-C ends it.
    Run(run::Arguments),
    /// Runs every test, with real Postgres and real `RabbitMQ`.
    Test(test::Arguments),
    /// Sends a web server's access log through the collector.
    Replay(replay::Arguments),
    /// Measures a part against what can be done at all.
    Bench(bench::Arguments),
    /// Holds a real collector against its own `OpenAPI` document, by generated requests.
    Schemathesis(schemathesis::Arguments),
    /// Makes the TypeScript types of the reporter's answers from its `OpenAPI` document, or compares them.
    ClientTypes(client_types::Arguments),
    /// Mixed load while writers are killed at random, and then everything recounted.
    Soak(soak::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Run(arguments) => run::run(&arguments).await,
        Command::Test(arguments) => test::run(&arguments).await,
        Command::Replay(arguments) => replay::run(arguments).await,
        Command::Bench(arguments) => bench::run(&arguments).await,
        Command::Schemathesis(arguments) => schemathesis::run(&arguments).await,
        Command::ClientTypes(arguments) => client_types::run(&arguments).await,
        Command::Soak(arguments) => soak::run(&arguments).await,
    };
    outcome.unwrap_or_else(|problem| {
        // One line of causes: a backtrace would tell a developer about this program, not about their machine.
        eprintln!("error: {problem:#}");
        ExitCode::FAILURE
    })
}
