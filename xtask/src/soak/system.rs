//! What is soaked: a collector and writers, as they ship.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use testkit::{Service, TestBroker, TestDatabase};
use tokio::time::{Instant, sleep};

use super::load::Sent;
use super::proof::Ledger;

/// How long the collector may take until it knows its projects and has a queue, in seconds.
const READY_LIMIT_S: u64 = 30;
/// Pause between two looks, in milliseconds.
const POLL_MS: u64 = 250;

/// The running services.
pub(super) struct System<'a> {
    programs: PathBuf,
    database: &'a TestDatabase,
    broker: &'a TestBroker,
    collector: Service,
    pub(super) writers: Vec<Service>,
}

impl<'a> System<'a> {
    /// Starts them; the collector accepts when this returns.
    ///
    /// # Errors
    /// When it does not in time.
    pub(super) async fn start(
        programs: &Path,
        database: &'a TestDatabase,
        broker: &'a TestBroker,
        writers: u8,
    ) -> Result<Self> {
        let settings = [
            ("AMQP_URL", broker.url()),
            ("FOOTFALL_QUEUE_PREFIX", broker.prefix()),
            ("DATABASE_URL", &database.url()),
            ("FOOTFALL_PUBLIC_ADDR", "127.0.0.1:0"),
            ("FOOTFALL_OPS_ADDR", "127.0.0.1:0"),
            // The workload's addresses stand in X-Forwarded-For, and none of them is to be refused.
            ("FOOTFALL_TRUSTED_PROXIES", "127.0.0.0/8"),
            ("FOOTFALL_ADDRESS_REQUESTS_PER_S", "0"),
            ("FOOTFALL_PROJECT_EVENTS_PER_S", "0"),
        ];
        let collector = Service::spawn_from(programs, "collector", &settings).await;
        let mut system =
            Self { programs: programs.to_owned(), database, broker, collector, writers: Vec::new() };
        for _ in 0..writers {
            let writer = system.new_writer().await;
            system.writers.push(writer);
        }
        system.until_accepting().await?;
        Ok(system)
    }

    /// One more writer, beside those that are.
    pub(super) async fn new_writer(&self) -> Service {
        let settings = [
            ("AMQP_URL", self.broker.url()),
            ("FOOTFALL_QUEUE_PREFIX", self.broker.prefix()),
            ("DATABASE_URL", &self.database.url()),
            ("FOOTFALL_OPS_ADDR", "127.0.0.1:0"),
        ];
        Service::spawn_from(&self.programs, "writer", &settings).await
    }

    /// Where the collector listens.
    ///
    /// # Errors
    /// When it said something else than an address.
    pub(super) fn collector_addr(&self) -> Result<SocketAddr> {
        self.collector
            .public_url()
            .trim_start_matches("http://")
            .parse()
            .context("reading the collector's address")
    }

    /// Waits until all that was accepted stands in the ledger and nothing in the queue, then ends all services in order.
    ///
    /// # Errors
    /// When that takes longer than `limit`: something is lost, or stuck.
    pub(super) async fn drain(mut self, sent: &Sent, limit: Duration) -> Result<()> {
        self.collector.terminate().await;
        let ledger = Ledger::of(self.database).await;
        let (deadline, queue) = (Instant::now() + limit, self.broker.config().queue());
        while self.broker.ready_count(&queue).await != Some(0) || ledger.missing(sent).await? > 0 {
            if Instant::now() > deadline {
                bail!("after {limit:?} there are accepted envelopes that no writer has stored");
            }
            sleep(Duration::from_millis(POLL_MS)).await;
        }
        for writer in &mut self.writers {
            writer.terminate().await;
        }
        Ok(())
    }

    async fn until_accepting(&self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(READY_LIMIT_S);
        let url = format!("{}/metrics", self.collector.ops_url());
        while Instant::now() < deadline {
            let shown = reqwest::get(&url).await?.text().await?;
            if !shown.contains("footfall_collector_accepting_workers 0")
                && !shown.contains("footfall_collector_projects_loaded 0")
            {
                return Ok(());
            }
            sleep(Duration::from_millis(POLL_MS)).await;
        }
        bail!("the collector does not accept within {READY_LIMIT_S} s")
    }
}
