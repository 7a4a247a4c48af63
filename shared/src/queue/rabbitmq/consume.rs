//! The writer's end: deliveries, each acknowledged after its rows are committed and not before.

use futures_util::StreamExt;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, Consumer};

use super::{OPEN_LIMIT_S, RabbitConfig, close, within};
use crate::queue::{Delivery, SessionError};

/// Longest wait for an acknowledgement to be handed to the connection, in seconds.
const ACK_LIMIT_S: u64 = 10;

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

/// The broker's own count of returns (quorum queues only); absent means none.
fn returned_count(properties: &lapin::BasicProperties) -> u64 {
    let header = properties.headers().as_ref().and_then(|headers| headers.inner().get("x-delivery-count"));
    header
        .and_then(lapin::types::AMQPValue::as_long_long_int)
        .and_then(|count| count.try_into().ok())
        .unwrap_or(0)
}
