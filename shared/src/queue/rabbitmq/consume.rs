//! The writer's end: deliveries, each acknowledged after its rows are committed and not before.

use futures_util::StreamExt;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties, Consumer};

use super::{OPEN_LIMIT_S, QueueState, RabbitConfig, close, within};
use crate::queue::{Delivery, SessionError};

/// Longest wait for an acknowledgement to be handed to the connection, in seconds.
const ACK_LIMIT_S: u64 = 10;
/// Longest wait for the broker to count a queue, or for a connection to ask by, in seconds.
const LOOK_LIMIT_S: u64 = 2;

/// A connection for consuming, with a bound on what is handed out and not acknowledged.
pub struct ConsumeSession {
    connection: Connection,
    channel: Channel,
    consumer: Consumer,
    /// Received, and held back for the next call.
    held: Option<Delivery>,
}

impl ConsumeSession {
    /// Connects, declares the topology, bounds the prefetch (in messages), and subscribes — in this order.
    ///
    /// # Errors
    /// When the broker is away, refuses us, or has the queue with other arguments (then `PRECONDITION_FAILED`).
    pub async fn open(config: &RabbitConfig, prefetch: u16) -> Result<Self, SessionError> {
        let (connection, channel) = config.open("consume").await?;
        let consumer = within("subscribing to the queue", OPEN_LIMIT_S, async {
            channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
            let options = BasicConsumeOptions { no_ack: false, ..Default::default() };
            channel.basic_consume(config.queue().into(), "".into(), options, FieldTable::default()).await
        })
        .await?;
        Ok(Self { connection, channel, consumer, held: None })
    }

    /// The next delivery, whenever it comes. Dropping the future loses nothing.
    ///
    /// # Errors
    /// When the session is lost. The end of the stream is one, too: the queue was deleted or we were cancelled.
    pub async fn next(&mut self) -> Result<Delivery, SessionError> {
        if let Some(held) = self.held.take() {
            return Ok(held);
        }
        match self.consumer.next().await {
            Some(Ok(delivery)) => Ok(Delivery {
                returned_count: returned_count(&delivery.properties),
                tag: delivery.delivery_tag,
                body: delivery.data,
            }),
            Some(Err(error)) => Err(SessionError::new("waiting for a delivery", error)),
            None => Err(SessionError::new("waiting for a delivery", "the broker ended the subscription")),
        }
    }

    /// The next delivery, unless `hold_back` wants it left for the next call: then `None`. Dropping the future loses
    /// nothing.
    ///
    /// # Errors
    /// As [`ConsumeSession::next`].
    pub async fn next_unless(
        &mut self,
        hold_back: fn(&Delivery) -> bool,
    ) -> Result<Option<Delivery>, SessionError> {
        let delivery = self.next().await?;
        if hold_back(&delivery) {
            self.held = Some(delivery);
            return Ok(None);
        }
        Ok(Some(delivery))
    }

    /// Acknowledges every delivery of this session up to and including `tag`.
    ///
    /// # Errors
    /// When the session is lost. The deliveries come again then, and meet the ledger.
    pub async fn ack_up_to(&self, tag: u64) -> Result<(), SessionError> {
        self.acker().ack_up_to(tag).await
    }

    /// What acknowledges this session's deliveries while the session waits for more.
    pub fn acker(&self) -> Acker {
        Acker(self.channel.clone())
    }

    /// What counts the queue of `config` beside this session, by the same connection.
    ///
    /// # Errors
    /// When the session is lost.
    pub async fn watch(&self, config: &RabbitConfig) -> Result<QueueWatch, SessionError> {
        let channel = self.connection.create_channel();
        let channel = within("opening a channel", OPEN_LIMIT_S, channel).await?;
        Ok(QueueWatch { channel, queue: config.queue(), _connection: None })
    }

    /// Closes the connection in good order, within a few seconds; what was not acknowledged is handed out again.
    pub async fn close(self) {
        close(&self.connection).await;
    }
}

/// Acknowledges the deliveries of the session that it came from; after that session's end every try is an error.
pub struct Acker(Channel);

impl Acker {
    /// As [`ConsumeSession::ack_up_to`].
    ///
    /// # Errors
    /// When the session is lost.
    pub async fn ack_up_to(&self, tag: u64) -> Result<(), SessionError> {
        let ack = self.0.basic_ack(tag, BasicAckOptions { multiple: true });
        within("acknowledging deliveries", ACK_LIMIT_S, ack).await
    }
}

/// Counts a queue by a channel of its own.
pub struct QueueWatch {
    channel: Channel,
    queue: String,
    /// Where no session has one.
    _connection: Option<Connection>,
}

impl RabbitConfig {
    /// What counts the queue for one who does not consume it, by a connection of its own. Makes nothing on the broker.
    ///
    /// # Errors
    /// When the broker is away, or is not there within two seconds.
    pub async fn watch(&self) -> Result<QueueWatch, SessionError> {
        within("opening a connection to count by", LOOK_LIMIT_S, async {
            let name = ConnectionProperties::default().with_connection_name("footfall-watch".into());
            let connection = Connection::connect_uri(self.uri.clone(), name).await?;
            let channel = connection.create_channel().await?;
            Ok(QueueWatch { channel, queue: self.queue(), _connection: Some(connection) })
        })
        .await
    }
}

impl QueueWatch {
    /// The queue as the broker counts it now. While it has no leader, the broker counts nothing at all.
    ///
    /// # Errors
    /// When the session is lost, or the broker does not answer within two seconds.
    pub async fn look(&self) -> Result<QueueState, SessionError> {
        let passive = QueueDeclareOptions { passive: true, ..Default::default() };
        let declared = self.channel.queue_declare(self.queue.as_str().into(), passive, FieldTable::default());
        let found = within("counting the queue", LOOK_LIMIT_S, declared).await?;
        Ok(QueueState { ready: found.message_count(), consumers: found.consumer_count() })
    }
}

/// The broker's own count of returns (quorum queues only); absent means none.
fn returned_count(properties: &lapin::BasicProperties) -> u64 {
    let header = properties.headers().as_ref().and_then(|headers| headers.inner().get("x-delivery-count"));
    header
        .and_then(lapin::types::AMQPValue::as_long_long_int)
        .and_then(|count| count.try_into().ok())
        .unwrap_or(0)
}
