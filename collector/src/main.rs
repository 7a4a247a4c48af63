//! The collector: see this crate's README.

use anyhow::Context;
use collector::app::App;
use collector::config::Config;
use shared::settings::Settings;
use shared::{shutdown, telemetry};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if std::env::args().any(|argument| argument == "--help") {
        eprintln!("{}", Config::help());
        return Ok(());
    }
    let config = Config::read(Settings::from_env())?;
    telemetry::init(config.log_filter()?);
    let shutdown = shutdown::on_signal().context("installing signal handlers")?;
    App::build(config)?.run(shutdown).await
}
