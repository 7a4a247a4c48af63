//! Fills the queue: its only argument is an `e2e::backlog::Plan` in JSON, its output the `Backlog` in JSON.
//!
//! The queue is the one of `AMQP_URL` and `FOOTFALL_QUEUE_PREFIX`.
#![expect(clippy::print_stdout, reason = "the backlog goes to whoever started it")]

use anyhow::{Context, Result};
use e2e::backlog;
use shared::queue::rabbitmq::RabbitConfig;
use shared::settings::Settings;

#[tokio::main]
async fn main() -> Result<()> {
    let plan = std::env::args().nth(1).context("the plan is missing: see e2e::backlog::Plan")?;
    let plan = serde_json::from_str(&plan).context("reading the plan")?;
    let mut settings = Settings::from_env();
    let config = RabbitConfig::read(&mut settings);
    let config = settings.build(|| config)?;
    println!("{}", serde_json::to_string(&backlog::fill(&config, plan).await?)?);
    Ok(())
}
