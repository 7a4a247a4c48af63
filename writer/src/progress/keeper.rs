//! The writer's part: a task beside the loop, once a second. Nothing of it ends a writer or keeps it from storing.

use std::time::Duration;

use futures_util::future::join_all;
use shared::clock;
use shared::queue::SessionError;
use shared::queue::rabbitmq::{QueueWatch, RabbitConfig};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::claim::{Seen, claim};
use super::hand::Holds;
use super::table::{Problem, Said, Table, Told};
use super::{Progress, Session, locked};
use crate::metrics::Metrics;

/// From one report to the next, in milliseconds.
const EVERY_MS: u64 = 1_000;
/// From the broker's answer to the look at what is in hand, in milliseconds: what it had handed out by then is here.
const SETTLE_MS: u64 = 200;
/// Longest that taking the row away may hold up the end of the process, in seconds; a row that stays ages out.
const LEAVE_LIMIT_S: u64 = 3;

/// Reports until `ended`, which comes after the last batch was stored; then takes the row away.
pub async fn keep(
    database: tokio_postgres::Config,
    rabbit: RabbitConfig,
    progress: Progress,
    metrics: Metrics,
    ended: CancellationToken,
) {
    let mut keeper = Keeper {
        database,
        rabbit,
        aside: None,
        progress,
        metrics,
        writer_id: Uuid::now_v7(),
        table: None,
        told: Told::default(),
        is_up_to_date: false,
        is_failing: false,
    };
    while !ended.is_cancelled() {
        let next = Instant::now() + Duration::from_millis(EVERY_MS);
        tokio::select! {
            () = keeper.once() => {}
            () = ended.cancelled() => break,
        }
        tokio::select! {
            () = sleep_until(next) => {}
            () = ended.cancelled() => break,
        }
    }
    keeper.leave().await;
}

struct Keeper {
    database: tokio_postgres::Config,
    rabbit: RabbitConfig,
    /// Counts the queue while no loader is subscribed, as while the database takes nothing.
    aside: Option<QueueWatch>,
    progress: Progress,
    metrics: Metrics,
    writer_id: Uuid,
    table: Option<Table>,
    /// What the table said the last time.
    told: Told,
    /// Whether that was the last report; after one that failed nobody knows who else consumes.
    is_up_to_date: bool,
    /// Whether the log was told that reports fail.
    is_failing: bool,
}

impl Keeper {
    async fn once(&mut self) {
        let was_up_to_date = self.is_up_to_date;
        self.is_up_to_date = false;
        match self.report(was_up_to_date).await {
            Ok(()) => (self.is_up_to_date, self.is_failing) = (true, false),
            Err(error) => {
                self.table = None;
                self.metrics.progress_failures.inc();
                // Once where it begins, not once a second.
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::warn!(
                        error = crate::batch::chain(error.as_ref()),
                        "how far this writer has come could not be reported"
                    );
                }
            }
        }
    }

    async fn report(&mut self, was_up_to_date: bool) -> Result<(), Problem> {
        let table = match self.table.take() {
            Some(table) => table,
            None => Table::connect(&self.database).await?,
        };
        let has_returned = self.progress.take_returned();
        if has_returned {
            self.stir();
            if let Err(error) = table.returned(self.writer_id).await {
                self.progress.set_returned();
                return Err(error);
            }
        }
        let known = was_up_to_date && !has_returned;
        let said = self.look(known.then_some(self.told.other_consumers)).await;
        let told = table.report(self.writer_id, said, self.told).await?;
        if told.is_new || told.returns != self.told.returns {
            self.stir();
        }
        self.told = told;
        if told.gone_writers > 0 {
            table.sweep().await?;
        }
        self.table = Some(table);
        Ok(())
    }

    /// What is to be said. Vouches for nothing new where it is not known how many others consume.
    async fn look(&mut self, other_consumers: Option<u32>) -> Said {
        let sessions = self.progress.open();
        if sessions.is_empty() {
            return Said { waiting_messages: self.look_aside().await, ..Said::default() };
        }
        self.aside = None;
        let asked_at = clock::now();
        let looks = join_all(sessions.iter().map(|session| session.watch.look())).await;
        sleep(Duration::from_millis(SETTLE_MS)).await;

        let own = u32::try_from(sessions.len()).unwrap_or(u32::MAX);
        let mut said = Said { consumers: i32::try_from(own).unwrap_or(i32::MAX), ..Said::default() };
        let mut claims = Vec::with_capacity(sessions.len());
        for (session, look) in sessions.iter().zip(looks) {
            let (holds, acknowledged_to) = session.holds();
            if let Holds::Read { oldest, .. } = holds {
                said.oldest_pending_at = least(said.oldest_pending_at, Some(oldest));
            }
            let seen = match look {
                Ok(state) => Seen { asked_at, ready: state.ready, consumers: state.consumers },
                Err(error) => {
                    self.not_seen(&error);
                    claims.push(None);
                    continue;
                }
            };
            said.waiting_messages = said.waiting_messages.max(Some(seen.ready.into()));
            let settled = session.settled(seen, holds, acknowledged_to);
            claims.push(other_consumers.and_then(|others| claim(seen, others + own, holds, settled)));
        }
        let all: Option<Vec<OffsetDateTime>> = claims.into_iter().collect();
        said.claim = all.and_then(|claims| claims.into_iter().min());
        said
    }

    /// Messages that wait, as one sees who does not consume.
    async fn look_aside(&mut self) -> Option<i64> {
        let look = async {
            let watch = match self.aside.take() {
                Some(watch) => watch,
                None => self.rabbit.watch().await?,
            };
            let ready = watch.look().await?.ready;
            self.aside = Some(watch);
            Ok::<_, SessionError>(ready.into())
        };
        look.await.inspect_err(|error| self.not_seen(error)).ok()
    }

    fn not_seen(&self, error: &SessionError) {
        tracing::debug!(%error, "the queue could not be asked");
        self.metrics.progress_failures.inc();
    }

    /// Deliveries went back to the queue, and may be on their way to any session of ours.
    fn stir(&self) {
        for session in self.progress.open() {
            session.stir();
        }
    }

    async fn leave(mut self) {
        let left = timeout(Duration::from_secs(LEAVE_LIMIT_S), async {
            let table = match self.table.take() {
                Some(table) => table,
                None => Table::connect(&self.database).await?,
            };
            table.leave(self.writer_id).await
        });
        if let Ok(Err(error)) = left.await {
            tracing::debug!(
                error = crate::batch::chain(error.as_ref()),
                "the row of this writer stays for a while"
            );
        }
    }
}

impl Session {
    /// What is in hand, and up to which tag all is acknowledged.
    fn holds(&self) -> (Holds, u64) {
        let hand = locked(&self.hand);
        (hand.holds(), hand.acknowledged_to())
    }

    fn stir(&self) {
        let (_, acknowledged_to) = self.holds();
        locked(&self.unsettled).stir(acknowledged_to, self.prefetch);
    }

    fn settled(&self, seen: Seen, holds: Holds, acknowledged_to: u64) -> bool {
        let mut unsettled = locked(&self.unsettled);
        if unsettled.has_changed(seen.consumers) {
            unsettled.stir(acknowledged_to, self.prefetch);
        }
        unsettled.is_over(holds, acknowledged_to)
    }
}

fn least(one: Option<OffsetDateTime>, other: Option<OffsetDateTime>) -> Option<OffsetDateTime> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
