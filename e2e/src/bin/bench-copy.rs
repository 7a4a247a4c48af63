//! Loads rows by bare COPY: its only argument is an `e2e::bare_copy::Plan` in JSON, its output a `Loaded` in JSON.
#![expect(clippy::print_stdout, reason = "the figures go to whoever started it")]

use anyhow::{Context, Result};
use e2e::bare_copy;

#[tokio::main]
async fn main() -> Result<()> {
    let plan = std::env::args().nth(1).context("the plan is missing: see e2e::bare_copy::Plan")?;
    let plan: bare_copy::Plan = serde_json::from_str(&plan).context("reading the plan")?;
    println!("{}", serde_json::to_string(&bare_copy::run(&plan).await?)?);
    Ok(())
}
