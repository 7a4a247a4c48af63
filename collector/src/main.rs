//! The collector: see this crate's README.

use std::process::ExitCode;

use collector::app::App;
use collector::config::Config;
use shared::service;

#[tokio::main]
async fn main() -> ExitCode {
    service::run(async |config: Config, shutdown| App::build(config)?.run(shutdown).await).await
}
