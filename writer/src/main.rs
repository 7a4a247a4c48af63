//! The writer: see this crate's README.

use std::process::ExitCode;

use anyhow::Context;
use shared::settings::Settings;
use shared::{shutdown, telemetry};
use writer::app::App;
use writer::config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("writer: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    if std::env::args().any(|argument| argument == "--help") {
        eprintln!("{}", Config::help());
        return Ok(());
    }
    let config = Config::read(Settings::from_env())?;
    telemetry::init(config.log_filter()?);
    let shutdown = shutdown::on_signal().context("installing signal handlers")?;
    App::build(config)?.run(shutdown).await
}
