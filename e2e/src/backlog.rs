//! A queue as an outage of the database leaves it behind: full of what collectors went on accepting.

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use shared::clock;
use shared::envelope::{EncodedEnvelope, MESSAGE_BYTES_MAX, encode_message};
use shared::event::EventKind;
use shared::ids::EnvelopeId;
use shared::queue::rabbitmq::{PublishSession, RabbitConfig};
use time::{Duration, OffsetDateTime};
use uuid::{NoContext, Timestamp, Uuid};

use crate::workload::Workload;

/// Envelopes of a message, as a busy collector groups them.
const GROUP_ENVELOPES: usize = 250;
/// Share of envelopes that come a second time, in per mille.
const RETRIED_PER_MILLE: u32 = 10;
/// Events a second that were accepted while the queue filled.
const ACCEPTED_PER_S: usize = 5_000;
/// Messages that are published at a time, each on a channel of its own.
const CHANNELS: usize = 8;

/// What is to be in the queue.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Plan {
    /// The workload's.
    pub seed: u64,
    /// Distinct events, give or take an envelope.
    pub events: usize,
}

/// What is in the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backlog {
    /// Messages.
    pub messages: u64,
    /// Bytes of all messages, packed as they are.
    pub bytes: u64,
    /// Distinct envelopes.
    pub envelopes: u64,
    /// Envelopes that are in it a second time.
    pub retried: u64,
    /// Distinct impressions.
    pub impressions: u64,
    /// Distinct interactions.
    pub interactions: u64,
}

impl Backlog {
    /// Distinct events of both kinds.
    pub fn events(&self) -> u64 {
        self.impressions + self.interactions
    }
}

/// Publishes what the plan says, in groups as the collector makes them.
///
/// # Errors
/// When the broker does not confirm all of it.
pub async fn fill(config: &RabbitConfig, plan: Plan) -> Result<Backlog> {
    let (messages, backlog) = messages(plan)?;
    let session = PublishSession::open(config).await?;
    let publishing = (0..CHANNELS).map(async |place| {
        let mut channel = session.channel().await?;
        for message in messages.iter().skip(place).step_by(CHANNELS) {
            channel.publish(Uuid::now_v7(), message).await.context("publishing a message")?;
        }
        anyhow::Ok(())
    });
    try_join_all(publishing).await?;
    session.close().await;
    Ok(backlog)
}

/// The messages of a plan.
///
/// # Errors
/// As [`Workload::envelope`].
pub fn messages(plan: Plan) -> Result<(Vec<Vec<u8>>, Backlog)> {
    let (mut workload, mut random) = (Workload::new(plan.seed), fastrand::Rng::with_seed(plan.seed));
    let (mut messages, mut backlog) = (Vec::new(), Backlog::default());
    let (mut group, mut group_bytes): (Vec<EncodedEnvelope>, usize) = (Vec::new(), 0);
    let now = clock::now();
    let mut events = 0;
    while events < plan.events {
        let waited_s = (plan.events - events) as f64 / ACCEPTED_PER_S as f64;
        let received_at = now - Duration::seconds_f64(waited_s);
        let envelope = workload.envelope(id_at(received_at)?, received_at)?;
        events += envelope.events.len();
        let is_impression = |kind: &EventKind| matches!(kind, EventKind::Impression { .. });
        let impressions = envelope.events.iter().filter(|event| is_impression(&event.kind)).count();
        backlog.impressions += impressions as u64;
        backlog.interactions += (envelope.events.len() - impressions) as u64;
        backlog.envelopes += 1;
        let again = random.u32(..1_000) < RETRIED_PER_MILLE;
        backlog.retried += u64::from(again);
        for _ in 0..=usize::from(again) {
            let encoded = EncodedEnvelope::new(envelope.clone())?;
            if group.len() == GROUP_ENVELOPES || group_bytes + encoded.len_bytes() > MESSAGE_BYTES_MAX / 2 {
                messages.push(encode_message(&group));
                (group, group_bytes) = (Vec::new(), 0);
            }
            group_bytes += encoded.len_bytes();
            group.push(encoded);
        }
    }
    messages.push(encode_message(&group));
    backlog.messages = messages.len() as u64;
    backlog.bytes = messages.iter().map(|message| message.len() as u64).sum();
    Ok((messages, backlog))
}

/// An id as a tracker minted it at this time.
fn id_at(at: OffsetDateTime) -> Result<EnvelopeId> {
    let seconds = u64::try_from(at.unix_timestamp())?;
    let id = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, at.nanosecond()));
    Ok(EnvelopeId::try_from(id)?)
}

#[cfg(test)]
mod tests {
    use shared::envelope::decode_message;

    use super::*;

    #[test]
    fn the_messages_hold_what_is_said_of_them() {
        let (messages, backlog) = messages(Plan { seed: 1, events: 20_000 }).unwrap();

        let envelopes: Vec<_> =
            messages.iter().flat_map(|message| decode_message(message).unwrap()).collect();
        assert_eq!(envelopes.len() as u64, backlog.envelopes + backlog.retried);
        assert!((30..150).contains(&backlog.retried), "about 1 % of 6,700: {backlog:?}");
        let mut distinct = envelopes;
        distinct.sort_by_key(|envelope| envelope.envelope_id);
        distinct.dedup();
        let events: usize = distinct.iter().map(|envelope| envelope.events.len()).sum();
        assert_eq!((distinct.len() as u64, events as u64), (backlog.envelopes, backlog.events()));
        let share = backlog.impressions as f64 / backlog.events() as f64;
        assert!((0.58..0.62).contains(&share), "{backlog:?}");
    }
}
