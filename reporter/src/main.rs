//! The reporter: see this crate's README.

use std::process::ExitCode;

use reporter::app::App;
use reporter::config::Config;
use shared::service;

// The HTTP workers bring threads of their own; this one only supervises them.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    service::run(async |config: Config, shutdown| App::build(config)?.run(shutdown).await).await
}
