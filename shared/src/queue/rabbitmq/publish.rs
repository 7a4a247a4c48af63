//! The collector's end: a message is published when, and only when, the broker confirmed that it has it safe.

use std::time::Duration;

use futures_util::{Stream, StreamExt};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection, Event};
use tokio::time::timeout;
use uuid::Uuid;

use super::{OPEN_LIMIT_S, RabbitConfig, close, within};
use crate::queue::{PublishError, SessionError};

/// Longest wait for a confirm, in seconds: not below the time a dead peer takes to be noticed (two heartbeats).
pub const CONFIRM_LIMIT_S: u64 = 20;

/// Delivery mode 2 of AMQP 0-9-1: kept on disk.
const PERSISTENT: u8 = 2;

/// A connection for publishing; messages go through its channels.
pub struct PublishSession {
    connection: Connection,
    // The topology was declared on it; it keeps the session's own errors apart from its channels'.
    _declared_on: Channel,
    exchange: String,
    routing_key: String,
}

impl PublishSession {
    /// Connects and declares the topology.
    ///
    /// Call it on the process's main runtime: lapin's tasks stay on the runtime that connects.
    ///
    /// # Errors
    /// When the broker is away, refuses us, or has the queue with other arguments (then `PRECONDITION_FAILED`).
    pub async fn open(config: &RabbitConfig) -> Result<Self, SessionError> {
        let (connection, declared_on) = config.open("publish").await?;
        Ok(Self {
            connection,
            _declared_on: declared_on,
            exchange: config.exchange(),
            routing_key: config.queue(),
        })
    }

    /// Another channel of this session, in confirm mode.
    ///
    /// # Errors
    /// When the broker is lost, or grants no more channels.
    pub async fn channel(&self) -> Result<PublishChannel, SessionError> {
        let channel = within("opening a channel", OPEN_LIMIT_S, self.connection.create_channel()).await?;
        let confirms = channel.confirm_select(ConfirmSelectOptions::default());
        within("turning publisher confirms on", OPEN_LIMIT_S, confirms).await?;
        let (exchange, routing_key) = (self.exchange.clone(), self.routing_key.clone());
        Ok(PublishChannel { channel, exchange, routing_key, is_in_doubt: false })
    }

    /// Whether the broker has stopped reading from us for want of memory or disk.
    pub fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    /// A future that ends, with the reason, when the connection is lost. Holds no borrow of the session.
    pub fn lost(&self) -> impl Future<Output = String> + Send + 'static {
        first_error(self.connection.events_listener())
    }

    /// Closes the connection in good order, within a few seconds.
    pub async fn close(&self) {
        close(&self.connection).await;
    }
}

/// One message at a time.
///
/// A returned message comes without a delivery tag, and lapin hands it to whichever confirm of its channel is settled
/// next. With one message in flight on a channel that can only be its own.
pub struct PublishChannel {
    channel: Channel,
    exchange: String,
    routing_key: String,
    /// A publish was abandoned before its confirm: the next confirm would be that one's.
    is_in_doubt: bool,
}

impl PublishChannel {
    /// Publishes a message and waits until the broker has it safe.
    ///
    /// Success is exactly `Ack(None)`: an `Ack` with a message in it is a message that no queue took, and
    /// `NotRequested` means that confirms are off. Dropping the future does not unsend the message, and leaves the
    /// channel unusable.
    ///
    /// # Errors
    /// [`PublishError::Refused`] for a queue that is full; else [`PublishError::SessionLost`].
    pub async fn publish(&mut self, message_id: Uuid, body: &[u8]) -> Result<(), PublishError> {
        if std::mem::replace(&mut self.is_in_doubt, true) {
            return Err(PublishError::SessionLost("an earlier publish was abandoned".to_owned()));
        }
        let limit = Duration::from_secs(CONFIRM_LIMIT_S);
        let settled = match timeout(limit, self.confirmation(message_id, body)).await {
            Ok(Ok(Confirmation::Ack(None))) => Ok(()),
            Ok(Ok(Confirmation::Nack(None))) => Err(PublishError::Refused),
            Ok(Ok(Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_)))) => {
                return Err(PublishError::SessionLost(
                    "the exchange routed the message to no queue".to_owned(),
                ));
            }
            Ok(Ok(Confirmation::NotRequested)) => {
                return Err(PublishError::SessionLost("the channel is not in confirm mode".to_owned()));
            }
            Ok(Err(error)) => return Err(PublishError::SessionLost(error.to_string())),
            Err(_elapsed) => {
                return Err(PublishError::SessionLost(format!("no confirm within {CONFIRM_LIMIT_S} s")));
            }
        };
        self.is_in_doubt = false;
        settled
    }

    async fn confirmation(&self, message_id: Uuid, body: &[u8]) -> lapin::Result<Confirmation> {
        let properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_content_type("application/json".into())
            .with_message_id(message_id.to_string().into());
        let options = BasicPublishOptions { mandatory: true, ..Default::default() };
        let (exchange, routing_key) = (self.exchange.as_str().into(), self.routing_key.as_str().into());
        self.channel.basic_publish(exchange, routing_key, options, body, properties).await?.await
    }
}

async fn first_error(events: impl Stream<Item = Event> + Send + 'static) -> String {
    let mut events = Box::pin(events);
    while let Some(event) = events.next().await {
        match event {
            Event::Error(error) => return error.to_string(),
            Event::ConnectionBlocked(reason) => tracing::warn!(%reason, "the broker blocks publishers"),
            Event::ConnectionUnblocked => tracing::info!("the broker takes messages again"),
            _ => {}
        }
    }
    "the connection ended".to_owned()
}
