//! Empties the queue and compares what was in it with the file of ids that the load client wrote, if one is named.
//!
//! The queue is the one of `AMQP_URL` and `FOOTFALL_QUEUE_PREFIX`; the output is an `e2e::drain::Comparison` in JSON.
#![expect(clippy::print_stdout, reason = "the comparison goes to whoever started it")]

use anyhow::{Context, Result};
use e2e::drain;
use shared::queue::rabbitmq::RabbitConfig;
use shared::settings::Settings;
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<()> {
    let mut settings = Settings::from_env();
    let config = RabbitConfig::read(&mut settings);
    let config = settings.build(|| config)?;
    let drained = drain::drain(&config).await?;
    let accepted = match std::env::args_os().nth(1) {
        Some(file) => std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?,
        None => Vec::new(),
    };
    let accepted: Vec<Uuid> = accepted.chunks_exact(16).filter_map(|id| Uuid::from_slice(id).ok()).collect();
    println!("{}", serde_json::to_string(&drain::compare(&accepted, &drained))?);
    Ok(())
}
