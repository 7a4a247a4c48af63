//! What is in the queue, against what was answered 202.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use shared::envelope::decode_message;
use shared::queue::rabbitmq::{ConsumeSession, PublishSession, RabbitConfig};
use tokio::time::timeout;
use uuid::Uuid;

/// Messages that are handed out and not yet acknowledged.
const PREFETCH: u16 = 500;
/// Messages between two acknowledgements.
const ACK_EVERY: u64 = 100;
/// Longest time that emptying the queue may take, in seconds.
const DRAIN_LIMIT_S: u64 = 300;

/// What was in the queue.
#[derive(Debug, Default)]
pub struct Drained {
    /// Messages with at least one envelope; a collector's probes hold none.
    pub messages: u64,
    /// The envelopes' ids, in the queue's order.
    pub envelope_ids: Vec<Uuid>,
}

/// The queue against the 202s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Messages that carried envelopes.
    pub messages: u64,
    /// Envelopes in them.
    pub envelopes: u64,
    /// Answered 202, and not in the queue: each one is a lie.
    pub missing: u64,
    /// In the queue more than once; each further time counts.
    pub doubled: u64,
    /// In the queue, and not answered 202: refused too late, or never answered.
    pub unexpected: u64,
}

/// Takes everything out of the queue that was in it at the time of the call.
///
/// It publishes a mark and consumes up to it: a queue keeps its order, so nothing that was confirmed before is behind it.
///
/// # Errors
/// When the broker is lost, a message is none of ours, or it takes longer than five minutes.
pub async fn drain(config: &RabbitConfig) -> Result<Drained> {
    timeout(Duration::from_secs(DRAIN_LIMIT_S), up_to_a_mark(config))
        .await
        .context("draining the queue takes too long")?
}

async fn up_to_a_mark(config: &RabbitConfig) -> Result<Drained> {
    let mark = format!(r#"{{"v":1,"envelopes":[],"mark":"{}"}}"#, Uuid::now_v7());
    let session = PublishSession::open(config).await?;
    session.channel().await?.publish(Uuid::now_v7(), mark.as_bytes()).await?;
    session.close().await;

    let mut queue = ConsumeSession::open(config, PREFETCH).await?;
    let mut drained = Drained::default();
    for seen in 1.. {
        let delivery = queue.next().await?;
        let is_mark = delivery.body == mark.as_bytes();
        if is_mark || seen % ACK_EVERY == 0 {
            queue.ack_up_to(delivery.tag).await?;
        }
        if is_mark {
            break;
        }
        let envelopes = decode_message(&delivery.body).context("a message in the queue is none of ours")?;
        drained.messages += u64::from(!envelopes.is_empty());
        drained.envelope_ids.extend(envelopes.iter().map(|envelope| envelope.envelope_id.as_uuid()));
    }
    queue.close().await;
    Ok(drained)
}

/// Compares what was in the queue with the ids that were answered 202.
pub fn compare(accepted: &[Uuid], drained: &Drained) -> Comparison {
    let mut times_in_queue: HashMap<Uuid, u64> = HashMap::with_capacity(drained.envelope_ids.len());
    for id in &drained.envelope_ids {
        *times_in_queue.entry(*id).or_default() += 1;
    }
    let (distinct, envelopes) = (times_in_queue.len() as u64, drained.envelope_ids.len() as u64);
    let found = accepted.iter().filter(|id| times_in_queue.remove(id).is_some()).count();
    Comparison {
        messages: drained.messages,
        envelopes,
        missing: (accepted.len() - found) as u64,
        doubled: envelopes - distinct,
        unexpected: times_in_queue.len() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_doubled_or_unexpected_is_each_counted() {
        let id = Uuid::from_u128;
        let drained = Drained { messages: 2, envelope_ids: vec![id(1), id(2), id(2), id(2), id(9)] };

        let comparison = compare(&[id(1), id(2), id(3), id(4)], &drained);

        let expected = Comparison { messages: 2, envelopes: 5, missing: 2, doubled: 2, unexpected: 1 };
        assert_eq!(comparison, expected);
    }
}
