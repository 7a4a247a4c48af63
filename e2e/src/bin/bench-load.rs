//! The load client as a process: its only argument is an `e2e::load::Plan` in JSON, its output the report in JSON.
#![expect(clippy::print_stdout, reason = "the report goes to whoever started it")]

use anyhow::{Context, Result};
use e2e::load;

fn main() -> Result<()> {
    let plan = std::env::args().nth(1).context("the plan is missing: see e2e::load::Plan")?;
    let plan = serde_json::from_str(&plan).context("reading the plan")?;
    println!("{}", serde_json::to_string(&load::run(plan)?)?);
    Ok(())
}
