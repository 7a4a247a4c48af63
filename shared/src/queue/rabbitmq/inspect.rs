//! What is found on the broker, for operators: nothing is made and nothing consumed.

use std::collections::HashSet;
use std::net::IpAddr;

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};

use super::{OPEN_LIMIT_S, RabbitConfig, close, within};
use crate::queue::SessionError;

/// A queue as the broker counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueState {
    /// Messages ready to be handed out; those handed out and not acknowledged are not in it.
    pub ready: u32,
    /// Who consumes it.
    pub consumers: u32,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Under how many addresses the URL's host is known; a name for three brokers has three, unless a balancer stands before them.
    pub addresses: usize,
    /// The queue that writers consume; `None` where there is none.
    pub envelopes: Option<QueueState>,
    /// The queue of messages that reached their delivery limit; `None` where there is none.
    pub parked: Option<QueueState>,
    /// The broker's words, where the two exist with other arguments than this build declares.
    pub mismatch: Option<String>,
}

impl RabbitConfig {
    /// Looks at both queues. A policy of the broker's may change what their arguments say, and does not show here.
    ///
    /// # Errors
    /// [`SessionError`] when the broker is away or refuses the user.
    pub async fn inspect(&self) -> Result<Inspection, SessionError> {
        within("looking at the broker's queues", OPEN_LIMIT_S, async {
            let name = ConnectionProperties::default().with_connection_name("footfall-doctor".into());
            let connection = Connection::connect_uri(self.uri.clone(), name).await?;
            let envelopes = state(&connection, &self.queue()).await?;
            let parked = state(&connection, &self.parked()).await?;
            let mut mismatch = None;
            // Declared again only where both exist, so that nothing is made.
            if envelopes.is_some() && parked.is_some() {
                let channel = connection.create_channel().await?;
                mismatch = self.declare(&channel).await.err().map(|error| error.to_string());
            }
            close(&connection).await;
            Ok(Inspection { addresses: self.addresses().await, envelopes, parked, mismatch })
        })
        .await
    }

    /// How many addresses the host has; it has one at least, since a connection was made to it.
    async fn addresses(&self) -> usize {
        let authority = &self.uri.authority;
        let found = tokio::net::lookup_host((authority.host.as_str(), authority.port)).await;
        let distinct: HashSet<IpAddr> = found.into_iter().flatten().map(|address| address.ip()).collect();
        distinct.len().max(1)
    }
}

/// A queue's state; a refusal closes the channel, so each look has its own.
async fn state(connection: &Connection, queue: &str) -> lapin::Result<Option<QueueState>> {
    let channel = connection.create_channel().await?;
    let passive = QueueDeclareOptions { passive: true, ..Default::default() };
    match channel.queue_declare(queue.into(), passive, FieldTable::default()).await {
        Ok(found) => Ok(Some(QueueState { ready: found.message_count(), consumers: found.consumer_count() })),
        Err(error) if connection.status().connected() => {
            tracing::debug!(%error, queue, "there is no such queue");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
