//! The database's end: one transaction a batch, and what its failure asks of the caller.

mod claim;
mod connect;
mod copy;
mod error;
mod ledger;
mod projects;
mod quarantine;
mod receipt;
mod replay;
mod rollup;
mod transaction;

use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use tokio::time::timeout;

use self::connect::connect;
pub use self::error::StoreError;
pub use self::receipt::{QuarantineReason, Receipt};
pub use self::replay::Replayed;
use self::replay::Unjudged;
pub(crate) use self::rollup::{ADD_DAYS, ADD_QUARTERS, add_days, add_quarters};
use crate::batch::Undecodable;
use crate::breaker::{BAD_ROWS_MAX, Breaker, Counted, ROWS_PER_BAD_ROW};
use crate::enrich::{Enricher, PreparedEnvelope};
use crate::metrics::{Clock, Stages};

/// Longest wait for a connection, in seconds.
const CONNECT_LIMIT_S: u64 = 10;
/// Longest transaction, in seconds: past it the outcome is unknown and the connection is dropped.
const COMMIT_LIMIT_S: u64 = 60;
/// Session settings: a frozen writer must not hold its locks for ever, nor wait for ever for another's.
const SESSION: &str = "-c application_name=footfall-writer -c timezone=UTC -c lock_timeout=5s \
                       -c statement_timeout=55s -c idle_in_transaction_session_timeout=30s";
/// A peer whose host died is noticed after this long, in seconds.
const TCP_USER_TIMEOUT_S: u64 = 15;

/// What is done where the database's settings break the promise ([`crate::safety`]). Each connection is looked at, since the
/// server may have been started anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsafeSettings {
    /// Nothing: somebody else looks.
    NotLookedFor,
    /// The log tells of them.
    Allowed,
    /// Nothing is stored.
    Refused,
}

/// A connection of its own, opened when needed, and dropped at the first error: a connection that saw one may be in
/// any state.
pub struct Store {
    config: tokio_postgres::Config,
    unsafe_settings: UnsafeSettings,
    stages: Option<Stages>,
    connected: Option<Connected>,
    breaker: Breaker,
}

/// An open connection, and what was learnt about it.
struct Connected {
    /// Remembers the statements that it has prepared: to prepare one takes a journey there and back.
    client: ClientWrapper,
    /// Whether this role may spare the foreign-key trigger on every row (DESIGN 3.6).
    may_skip_triggers: bool,
    /// Whether twins are to be expected; a new connection expects them.
    habit: ledger::Habit,
}

impl Store {
    /// A store that is not connected yet.
    pub fn new(mut config: tokio_postgres::Config) -> Self {
        let given = config.get_options().unwrap_or_default().to_owned();
        config
            .options(format!("{SESSION} {given}"))
            .connect_timeout(Duration::from_secs(CONNECT_LIMIT_S))
            .tcp_user_timeout(Duration::from_secs(TCP_USER_TIMEOUT_S));
        Self {
            config,
            unsafe_settings: UnsafeSettings::NotLookedFor,
            stages: None,
            connected: None,
            breaker: Breaker::default(),
        }
    }

    /// The same store, which looks at the settings of each server that it connects to.
    #[must_use]
    pub fn with_unsafe_settings(self, unsafe_settings: UnsafeSettings) -> Self {
        Self { unsafe_settings, ..self }
    }

    /// The same store, which tells how long each stage of a batch takes.
    #[must_use]
    pub fn with_stages(self, stages: Stages) -> Self {
        Self { stages: Some(stages), ..self }
    }

    /// Writes and commits one row, so that a standby, a full disk or a missing right shows before anything is consumed.
    ///
    /// # Errors
    /// [`StoreError::Away`] or [`StoreError::Stop`].
    pub async fn prove_writable(&mut self) -> Result<(), StoreError> {
        self.run(async |connected| transaction::beat(connected).await).await
    }

    /// Stores what is new of a batch, once, all or nothing.
    ///
    /// # Errors
    /// [`StoreError`]. All but an unknown outcome (a connection lost in COMMIT) leave nothing behind, and that one is
    /// settled by the ledger when the batch comes again.
    pub async fn commit(
        &mut self,
        envelopes: &[PreparedEnvelope],
        undecodable: &[Undecodable],
    ) -> Result<Receipt, StoreError> {
        self.put_up_with(Counted::attempt(envelopes, undecodable)).await?;
        let mut clock = Clock::of(self.stages.as_ref());
        let commit = async |connected: &mut Connected| {
            transaction::commit(connected, envelopes, undecodable, &mut clock).await
        };
        let receipt = self.run(commit).await?;
        self.breaker.record(&receipt);
        Ok(receipt)
    }

    /// Nothing, while what can't be stored of an attempt is put up with; the quarantine is asked before it no longer is.
    async fn put_up_with(&mut self, attempt: Counted) -> Result<(), StoreError> {
        if self.breaker.allows(attempt) {
            return Ok(());
        }
        let (in_quarantine, stored) =
            self.run(async |connected| transaction::last_hour(connected).await).await?;
        self.breaker.recall(in_quarantine, stored);
        if self.breaker.puts_up_with(attempt) {
            return Ok(());
        }
        Err(StoreError::Alarm(format!(
            "{} rows of {} can't be stored, and more than {BAD_ROWS_MAX} and one in {ROWS_PER_BAD_ROW} of the last rows; the tables may \
             not fit this build, or collectors be newer. Mend it, or look at `footfall quarantine list` and replay or purge \
             what is there",
            attempt.bad, attempt.rows
        )))
    }

    /// Whether Postgres takes one event's row; nothing is stored.
    ///
    /// # Errors
    /// Any [`StoreError`] but `Refused`, which is the answer no.
    pub async fn takes(&mut self, envelope: &PreparedEnvelope, event: usize) -> Result<bool, StoreError> {
        match self.run(async |connected| transaction::try_event(connected, envelope, event).await).await {
            Ok(()) => Ok(true),
            Err(StoreError::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Tries one entry of the quarantine again: either its events are counted and the entry is gone, or nothing changes.
    ///
    /// # Errors
    /// Any [`StoreError`] but `Refused`, which is an answer: the entry stays.
    pub async fn replay(&mut self, enricher: &Enricher, quarantine_id: i64) -> Result<Replayed, StoreError> {
        self.replay_as(enricher, quarantine_id, Unjudged::Stays).await
    }

    /// The same, and an entry that is too old for the ledger to judge counts: the caller knows that it was not stored before.
    ///
    /// # Errors
    /// As [`Self::replay`].
    pub async fn replay_unjudged(
        &mut self,
        enricher: &Enricher,
        quarantine_id: i64,
    ) -> Result<Replayed, StoreError> {
        self.replay_as(enricher, quarantine_id, Unjudged::Counts).await
    }

    async fn replay_as(
        &mut self,
        enricher: &Enricher,
        quarantine_id: i64,
        unjudged: Unjudged,
    ) -> Result<Replayed, StoreError> {
        match self
            .run(async |connected| replay::replay(connected, enricher, quarantine_id, unjudged).await)
            .await
        {
            Err(StoreError::Refused { detail, .. }) => Ok(Replayed::Stays(detail)),
            outcome => outcome,
        }
    }

    async fn run<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Connected) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // Taken out, and put back only after success.
        let mut connected = match self.connected.take() {
            Some(connected) if !connected.client.is_closed() => connected,
            _ => connect(&self.config, self.unsafe_settings).await?,
        };
        match timeout(Duration::from_secs(COMMIT_LIMIT_S), work(&mut connected)).await {
            Ok(Ok(done)) => {
                self.connected = Some(connected);
                Ok(done)
            }
            Ok(Err(error)) => Err(error),
            Err(_elapsed) => Err(StoreError::Away(format!("no answer within {COMMIT_LIMIT_S} s").into())),
        }
    }
}
