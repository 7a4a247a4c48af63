//! `footfall`: see this crate's README.

use std::process::ExitCode;

use clap::Parser;
use cli::arguments::Arguments;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Arguments::parse()).await
}
