//! Fills a database: its only argument is an `e2e::history::Plan` in JSON, its output what is `Stored` in JSON.
#![expect(clippy::print_stdout, reason = "the figures go to whoever started it")]

use anyhow::{Context, Result};
use e2e::history;

#[tokio::main]
async fn main() -> Result<()> {
    let plan = std::env::args().nth(1).context("the plan is missing: see e2e::history::Plan")?;
    let plan: history::Plan = serde_json::from_str(&plan).context("reading the plan")?;
    println!("{}", serde_json::to_string(&history::store(&plan).await?)?);
    Ok(())
}
