//! `footfall doctor`: what could break the promise, as far as the database and the broker tell.

mod broker;
mod rights;
mod standbys;
mod tables;

use clap::Args;
use serde_json::json;
use shared::queue::rabbitmq::RabbitConfig;
use shared::settings::Settings;
use writer::safety::{self, Check, State};

use crate::answer::{Answer, printable};
use crate::database;
use crate::failure::Failure;

/// What to look at.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Leaves the broker out; `AMQP_URL` is not needed then.
    #[arg(long)]
    no_broker: bool,
}

pub(crate) async fn run(doctor: &Doctor) -> Result<Answer, Failure> {
    let broker = if doctor.no_broker { None } else { Some(broker_settings()?) };
    let client = database::connect().await?;
    let mut checks = safety::check(&client).await?;
    checks.extend(standbys::check(&client).await?);
    checks.extend(rights::check(&client).await?);
    checks.extend(tables::check(&client).await?);
    if let Some(broker) = broker {
        checks.extend(broker::check(&broker).await);
    }
    Ok(answer(&checks))
}

/// The broker's settings, as the services read them.
fn broker_settings() -> Result<RabbitConfig, Failure> {
    let mut settings = Settings::from_env();
    let rabbit = RabbitConfig::read(&mut settings);
    settings
        .build(|| rabbit)
        .map_err(|error| Failure::Use(format!("{error}\nor leave the broker out: --no-broker")))
}

fn answer(checks: &[Check]) -> Answer {
    let mut lines = Vec::new();
    for check in checks {
        lines.push(format!("{:<5} {}: {}", check.state.as_str(), check.name, printable(&check.found)));
        if check.state != State::Ok {
            lines.push(format!("      it means: {}", check.meaning));
            lines.push(format!("      change:   {}", check.change));
        }
    }
    let count = |state| checks.iter().filter(|check| check.state == state).count();
    let (ok, warn, bad) = (count(State::Ok), count(State::Warn), count(State::Bad));
    lines.push(format!("\n{ok} ok, {warn} to know of, {bad} bad"));
    let shown: Vec<_> = checks
        .iter()
        .map(|check| {
            let (meaning, change) = (check.meaning, check.change);
            json!({
                "name": check.name, "state": check.state.as_str(), "found": check.found,
                "meaning": meaning, "change": change,
            })
        })
        .collect();
    let json = json!({ "ok": ok, "warn": warn, "bad": bad, "checks": shown });
    Answer { text: lines.join("\n"), json, is_good: bad == 0 }
}
