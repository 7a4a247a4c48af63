//! The writer: see this crate's README.

use anyhow::Context;
use shared::settings::Settings;
use shared::{shutdown, telemetry};
use writer::app::App;
use writer::config::Config;

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
