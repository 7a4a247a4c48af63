//! One run of the load client against one server, and what it cost whom.

use anyhow::{Result, bail};
use e2e::drain::Comparison;
use e2e::load::{Plan, Report};
use e2e::usage;
use testkit::Service;

use super::stage::Stage;

/// What one round found.
pub(super) struct Round {
    pub(super) report: Report,
    server_cpu_us: u64,
    /// `None` where the broker is not ours.
    broker_cpu_us: Option<u64>,
    /// What was in the queue afterwards, once that was looked at.
    pub(super) queue: Option<Comparison>,
}

/// CPU time a request, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) server: f64,
    pub(super) client: f64,
    pub(super) broker: Option<f64>,
}

impl Round {
    /// Sends as planned. Whoever takes part is charged with the CPU time that it needed meanwhile.
    ///
    /// # Errors
    /// When the client fails, or the server is gone.
    pub(super) async fn send(stage: &Stage, server: &Service, plan: &Plan) -> Result<Self> {
        let broker_cpu = || stage.broker_pid().map(usage::cpu_us).transpose();
        let (server_before, broker_before) = (usage::cpu_us(server.pid())?, broker_cpu()?);
        let report = stage.load(server, plan).await?;
        let server_cpu_us = usage::cpu_us(server.pid())? - server_before;
        let broker_cpu_us = broker_cpu()?.zip(broker_before).map(|(after, before)| after - before);
        Ok(Self { report, server_cpu_us, broker_cpu_us, queue: None })
    }

    /// Sends, then looks into the queue, which is empty afterwards.
    ///
    /// # Errors
    /// When a 202 is not in the queue, or something is there that should not be.
    pub(super) async fn send_and_check(stage: &Stage, server: &Service, plan: &Plan) -> Result<Self> {
        let round = Self::send(stage, server, plan).await?;
        let queue = stage.drain().await?;
        check(&[&round], queue)?;
        Ok(Self { queue: Some(queue), ..round })
    }

    /// Requests that were answered, and not with 202, warm-up included.
    pub(super) fn refused(&self) -> u64 {
        self.report.sent - self.report.accepted - self.report.unanswered
    }

    /// CPU time over all that was sent, warm-up included.
    pub(super) fn cost(&self) -> Cost {
        let a_request = |cpu_us: u64| cpu_us as f64 / self.report.sent.max(1) as f64;
        Cost {
            server: a_request(self.server_cpu_us),
            client: a_request(self.report.client_cpu_us),
            broker: self.broker_cpu_us.map(a_request),
        }
    }
}

/// Holds the queue against the rounds since it was last empty.
///
/// A refused request may be in the queue all the same: it was refused for being slow, and its publish went on.
///
/// # Errors
/// When a 202 is not in the queue, or something is there twice, or more than can be explained.
pub(super) fn check(rounds: &[&Round], queue: Comparison) -> Result<()> {
    let accepted: u64 = rounds.iter().map(|round| round.report.accepted).sum();
    let in_doubt: u64 = rounds.iter().map(|round| round.refused() + round.report.unanswered).sum();
    if queue.missing > 0 || queue.doubled > 0 || queue.unexpected > in_doubt {
        bail!(
            "the queue does not hold what was answered 202: {queue:?}; {accepted} were, {in_doubt} were not"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(refused: u64) -> Round {
        let report = Report {
            sent: 100 + refused,
            accepted: 100,
            unanswered: 0,
            never_sent: 0,
            last_refused_ms: None,
            measured_s: 1.0,
            answers: std::collections::BTreeMap::new(),
            client_cpu_us: 200,
        };
        Round { report, server_cpu_us: 300, broker_cpu_us: None, queue: None }
    }

    const EXACT: Comparison =
        Comparison { messages: 1, envelopes: 100, missing: 0, doubled: 0, unexpected: 0 };

    #[test]
    fn a_round_whose_202s_are_all_in_the_queue_counts() {
        assert!(check(&[&round(0)], EXACT).is_ok());
        let late = Comparison { unexpected: 2, ..EXACT };
        assert!(check(&[&round(2)], late).is_ok(), "two were refused, and published all the same");
    }

    #[test]
    fn a_queue_that_is_not_what_was_answered_fails_the_benchmark() {
        for queue in [
            Comparison { missing: 1, ..EXACT },
            Comparison { doubled: 1, ..EXACT },
            Comparison { unexpected: 5, ..EXACT },
        ] {
            assert!(check(&[&round(2), &round(2)], queue).is_err(), "{queue:?}");
        }
    }

    #[test]
    fn cost_is_shared_by_all_that_was_sent() {
        let cost = round(100).cost();
        assert_eq!((cost.server, cost.client), (1.5, 1.0));
    }
}
