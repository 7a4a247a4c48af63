//! Asks a reporter as open dashboards do: its only argument is an `e2e::ask::Plan` in JSON, its output the `Asked` in JSON.
#![expect(clippy::print_stdout, reason = "the figures go to whoever started it")]

use anyhow::{Context, Result};
use e2e::ask;

fn main() -> Result<()> {
    let plan = std::env::args().nth(1).context("the plan is missing: see e2e::ask::Plan")?;
    let plan: ask::Plan = serde_json::from_str(&plan).context("reading the plan")?;
    println!("{}", serde_json::to_string(&ask::run(&plan)?)?);
    Ok(())
}
