//! The reporter: see this crate's README.

use std::process::ExitCode;

use anyhow::Context;
use reporter::app::App;
use reporter::config::Config;
use shared::settings::Settings;
use shared::{shutdown, telemetry};

// The HTTP workers bring threads of their own; this one only supervises them.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("reporter: {error:#}");
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
