//! Tries entries again, one transaction each, through the writer's own store: so each counts once, and a replay that was
//! killed is simply run again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use shared::settings::Settings;
use tokio::time::sleep;
use writer::enrich::Enricher;
use writer::enrich::geo::Geo;
use writer::store::{Replayed, Store, StoreError};

use super::Chosen;
use crate::answer::{Answer, printable};
use crate::database;
use crate::failure::Failure;

/// Ids that are read at a time.
const PAGE_ROWS: i64 = 1_000;
/// Tries of one entry that meets another transaction.
const CONFLICT_ATTEMPTS_MAX: u32 = 5;
/// Pause before such another try, in milliseconds.
const CONFLICT_PAUSE_MS: u64 = 50;
/// Most different reasons for staying that are shown; the rest is counted.
const REASONS_SHOWN_MAX: usize = 20;

/// What to try again: entries by their ids, by what is known of them, or all.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(true)
    .args(["ids", "reason", "project", "since", "before", "all"]))]
pub struct Replay {
    #[command(flatten)]
    chosen: Chosen,
    /// Every entry that there is.
    #[arg(long, conflicts_with_all = ["ids", "reason", "project", "since", "before"])]
    all: bool,
    /// Also counts what is there as too old for the ledger to tell whether it was counted before. Only where you know that it was
    /// not: it would count twice.
    #[arg(long)]
    even_if_counted: bool,
}

/// What became of the entries.
#[derive(Debug, Default)]
struct Tally {
    replayed: u64,
    events: u64,
    dropped: u64,
    duplicates: u64,
    gone: u64,
    /// How many stay, by why.
    staying: BTreeMap<String, u64>,
}

pub(super) async fn run(replay: &Replay) -> Result<Answer, Failure> {
    let database = database::as_owner(database::settings()?);
    let client = database::open(&database).await?;
    let geo = Geo::open(&geo_files()?).map_err(|error| Failure::Failed(error.into()))?;
    let enricher = Enricher::new(geo);
    let mut store = Store::new(database);
    let chosen = replay.chosen.parameters();
    // Entries that come while this runs are left for the next run.
    let mut tally = Tally::default();
    let last: Option<i64> = client.query_one("select max(quarantine_id) from quarantine", &[]).await?.get(0);
    let mut after = i64::MIN;
    loop {
        let page = client
            .query(
                include_str!("ids.sql"),
                &[
                    &chosen.ids,
                    &chosen.reason,
                    &chosen.project,
                    &chosen.since,
                    &chosen.before,
                    &after,
                    &last,
                    &PAGE_ROWS,
                ],
            )
            .await?;
        for row in &page {
            after = row.get(0);
            tally.add(one(&mut store, &enricher, after, replay.even_if_counted).await?);
        }
        if page.is_empty() {
            break;
        }
    }
    let missing = replay.chosen.ids.len() as u64;
    tally.gone += missing.saturating_sub(tally.tried());
    Ok(tally.answer())
}

/// Geo databases, as the writer has them: an event's place is looked up when it is stored.
fn geo_files() -> Result<Vec<PathBuf>, Failure> {
    let mut settings = Settings::from_env();
    let files =
        settings.list("FOOTFALL_GEO_FILES", "geo databases, as the writer's; empty leaves places unknown");
    settings.build(|| files).map_err(|error| Failure::Use(error.to_string()))
}

async fn one(
    store: &mut Store,
    enricher: &Enricher,
    id: i64,
    even_if_counted: bool,
) -> Result<Replayed, Failure> {
    let mut attempt = 1;
    loop {
        let tried = match even_if_counted {
            true => store.replay_unjudged(enricher, id).await,
            false => store.replay(enricher, id).await,
        };
        match tried {
            Err(StoreError::Conflict(_)) if attempt < CONFLICT_ATTEMPTS_MAX => attempt += 1,
            outcome => return Ok(outcome?),
        }
        sleep(Duration::from_millis(CONFLICT_PAUSE_MS)).await;
    }
}

impl Tally {
    fn add(&mut self, outcome: Replayed) {
        match outcome {
            Replayed::Stored(events) => {
                self.replayed += 1;
                self.events += events;
            }
            Replayed::Dropped(events) => {
                self.replayed += 1;
                self.dropped += events;
            }
            Replayed::Duplicate => self.duplicates += 1,
            Replayed::Gone => self.gone += 1,
            Replayed::Stays(why) => *self.staying.entry(why).or_default() += 1,
        }
    }

    fn tried(&self) -> u64 {
        self.replayed + self.duplicates + self.gone + self.staying.values().sum::<u64>()
    }

    fn answer(&self) -> Answer {
        let stay: u64 = self.staying.values().sum();
        let mut text = format!(
            "{} entries replayed, {} events counted, {} dropped by rules; {} had been counted already, {} were gone, {stay} stay",
            self.replayed, self.events, self.dropped, self.duplicates, self.gone
        );
        for (why, count) in self.staying.iter().take(REASONS_SHOWN_MAX) {
            text.push_str(&format!("\n  {count} stay: {}", printable(why)));
        }
        let json = json!({
            "replayed": self.replayed, "events": self.events, "dropped": self.dropped, "duplicates": self.duplicates,
            "gone": self.gone, "stay": stay, "why": self.staying,
        });
        Answer { text, json, is_good: stay == 0 }
    }
}
