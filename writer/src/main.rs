//! The writer: see this crate's README.

use std::process::ExitCode;

use shared::service;
use writer::app::App;
use writer::config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    service::run(async |config: Config, shutdown| App::build(config)?.run(shutdown).await).await
}
