//! The collector's end: a message is published when, and only when, the broker confirmed that it has it safe.

use std::time::Duration;

use futures_util::{Stream, StreamExt};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection, Event};
use tokio::time::timeout;
use uuid::Uuid;

use super::{RabbitConfig, close, within};
use crate::queue::{PublishError, SessionError};

/// Longest wait for a confirm, in seconds: not below the time a dead peer takes to be noticed (two heartbeats).
const CONFIRM_LIMIT_S: u64 = 20;

/// Delivery mode 2 of AMQP 0-9-1: kept on disk.
const PERSISTENT: u8 = 2;

/// A connection for publishing, in confirm mode.
pub struct PublishSession {
    connection: Connection,
    channel: Channel,
    exchange: String,
    routing_key: String,
}

impl PublishSession {
    /// Connects, declares the topology and turns confirms on.
    ///
    /// Call it on the process's main runtime: lapin's tasks stay on the runtime that connects.
    ///
    /// # Errors
    /// When the broker is away, refuses us, or has the queue with other arguments (then `PRECONDITION_FAILED`).
    pub async fn open(config: &RabbitConfig) -> Result<Self, SessionError> {
        let (connection, channel) = config.open("publish").await?;
        let confirms = channel.confirm_select(ConfirmSelectOptions::default());
        within("turning publisher confirms on", super::OPEN_LIMIT_S, confirms).await?;
        Ok(Self { connection, channel, exchange: config.exchange(), routing_key: config.queue() })
    }

    /// Publishes a message and waits until the broker has it safe.
    ///
    /// Success is exactly `Ack(None)`: an `Ack` with a message in it is a message that no queue took, and
    /// `NotRequested` means that confirms are off. Dropping the future does not unsend the message.
    ///
    /// # Errors
    /// [`PublishError::Refused`] for a queue that is full; else [`PublishError::SessionLost`], and then all that is in
    /// flight on this session must be taken for failed: lapin may attach a returned message to a neighbour's confirm.
    pub async fn publish(&self, message_id: Uuid, body: &[u8]) -> Result<(), PublishError> {
        let properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_content_type("application/json".into())
            .with_message_id(message_id.to_string().into());
        let options = BasicPublishOptions { mandatory: true, ..Default::default() };
        let (exchange, routing_key) = (self.exchange.as_str().into(), self.routing_key.as_str().into());

        let confirmed = async {
            self.channel.basic_publish(exchange, routing_key, options, body, properties).await?.await
        };
        match timeout(Duration::from_secs(CONFIRM_LIMIT_S), confirmed).await {
            Ok(Ok(Confirmation::Ack(None))) => Ok(()),
            Ok(Ok(Confirmation::Nack(None))) => Err(PublishError::Refused),
            Ok(Ok(Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_)))) => {
                Err(PublishError::SessionLost("the exchange routed the message to no queue".to_owned()))
            }
            Ok(Ok(Confirmation::NotRequested)) => {
                Err(PublishError::SessionLost("the channel is not in confirm mode".to_owned()))
            }
            Ok(Err(error)) => Err(PublishError::SessionLost(error.to_string())),
            Err(_elapsed) => Err(PublishError::SessionLost(format!("no confirm within {CONFIRM_LIMIT_S} s"))),
        }
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
    pub async fn close(self) {
        close(&self.connection).await;
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
