//! The production lane: quorum queues on `RabbitMQ` 3.10 or later, every argument that guards the promise explicit.
//!
//! A session is one connection with one channel. Nothing here reconnects: whoever owns a session drops it whole at the
//! first error and opens another, with a [`Backoff`](crate::backoff::Backoff). lapin's own recovery is not used, since
//! deliveries and confirms of two connections must never mix.

mod consume;
mod inspect;
mod publish;

use std::time::Duration;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties, ExchangeKind};
use tokio::time::timeout;

pub use self::consume::{Acker, ConsumeSession, QueueWatch};
pub use self::inspect::{Inspection, QueueState};
pub use self::publish::{CONFIRM_LIMIT_S, PublishChannel, PublishSession};
use crate::queue::SessionError;
use crate::settings::Settings;

/// Longest wait for a connection, its channel or a declaration, in seconds.
pub const OPEN_LIMIT_S: u64 = 15;
/// A peer silent for twice this long is dead, in seconds; below 5 a busy broker looks dead.
pub const HEARTBEAT_S: u16 = 10;
/// Longest wait for a connection to close in good order, in seconds.
pub const CLOSE_LIMIT_S: u64 = 3;
/// A message handed out and returned this often is parked: it kills its writers, or the database is away too often.
pub const DELIVERY_LIMIT: i64 = 50;
/// Ready messages the queue holds before it refuses, in bytes, unless set otherwise.
pub const QUEUE_BYTES_DEFAULT: i64 = 4 * 1024 * 1024 * 1024;

/// Where the broker is and what our queue there is called.
///
/// Has no `Debug`: the URL holds a password.
#[derive(Clone)]
pub struct RabbitConfig {
    uri: AMQPUri,
    prefix: String,
    queue_bytes_max: i64,
}

impl RabbitConfig {
    /// A configuration from its parts; `prefix` leads the names of the exchange and the queues.
    pub fn new(uri: AMQPUri, prefix: &str, queue_bytes_max: i64) -> Self {
        let mut uri = uri;
        uri.query.heartbeat.get_or_insert(HEARTBEAT_S);
        Self { uri, prefix: prefix.to_owned(), queue_bytes_max }
    }

    /// Reads `AMQP_URL`, `FOOTFALL_QUEUE_PREFIX` and `FOOTFALL_QUEUE_BYTES_MAX`.
    pub fn read(settings: &mut Settings) -> Option<Self> {
        let uri =
            settings.required::<AMQPUri>("AMQP_URL", "the broker, as amqp://user:password@host:5672/%2f");
        let prefix = settings.or(
            "FOOTFALL_QUEUE_PREFIX",
            "footfall".to_owned(),
            "leads the names of the exchange and queues; the same for collectors and writers",
        );
        let bytes = settings.or_within(
            "FOOTFALL_QUEUE_BYTES_MAX",
            QUEUE_BYTES_DEFAULT,
            1_024..=i64::MAX,
            "ready bytes the queue holds before it refuses (about 60 % of the broker's disk); the same for \
             collectors and writers, and unchangeable while the queue exists",
        );
        Some(Self::new(uri?, &prefix?, bytes?))
    }

    /// The exchange that collectors publish to.
    pub fn exchange(&self) -> String {
        format!("{}.envelopes", self.prefix)
    }

    /// The queue that writers consume.
    pub fn queue(&self) -> String {
        format!("{}.envelopes", self.prefix)
    }

    /// Where messages land that reached [`DELIVERY_LIMIT`]: exchange and queue.
    pub fn parked(&self) -> String {
        format!("{}.parked", self.prefix)
    }

    /// Opens a connection and a channel on it, and declares everything: whoever comes first makes it.
    async fn open(&self, role: &str) -> Result<(Connection, Channel), SessionError> {
        within("opening a connection to the broker", OPEN_LIMIT_S, async {
            let name =
                ConnectionProperties::default().with_connection_name(format!("footfall-{role}").into());
            let connection = Connection::connect_uri(self.uri.clone(), name).await?;
            let channel = connection.create_channel().await?;
            self.declare(&channel).await?;
            Ok((connection, channel))
        })
        .await
    }

    async fn declare(&self, channel: &Channel) -> lapin::Result<()> {
        let parked = self.parked();
        exchange(channel, &parked, ExchangeKind::Fanout).await?;
        let mut kept = FieldTable::default();
        kept.insert("x-queue-type".into(), text("quorum"));
        // At-least-once dead-lettering waits on a full queue rather than lose a message there.
        kept.insert("x-overflow".into(), text("reject-publish"));
        queue(channel, &parked, &parked, "", kept).await?;

        exchange(channel, &self.exchange(), ExchangeKind::Direct).await?;
        queue(channel, &self.queue(), &self.exchange(), &self.queue(), self.queue_arguments()).await
    }

    /// The queue's arguments; each default that is left to the broker could lose a confirmed message.
    fn queue_arguments(&self) -> FieldTable {
        let mut arguments = FieldTable::default();
        // Replicated and flushed before the confirm.
        arguments.insert("x-queue-type".into(), text("quorum"));
        // The default, drop-head, deletes the oldest confirmed messages to make room.
        arguments.insert("x-overflow".into(), text("reject-publish"));
        arguments.insert("x-max-length-bytes".into(), AMQPValue::LongLongInt(self.queue_bytes_max));
        // The default is none up to 3.13 and 20 from 4.0 on, past which a message is dropped.
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(DELIVERY_LIMIT));
        arguments.insert("x-dead-letter-exchange".into(), text(&self.parked()));
        // The default, at-most-once, may lose the message on its way to the parked queue.
        arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
        arguments
    }
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

async fn exchange(channel: &Channel, name: &str, kind: ExchangeKind) -> lapin::Result<()> {
    let options = ExchangeDeclareOptions { durable: true, ..Default::default() };
    channel.exchange_declare(name.into(), kind, options, FieldTable::default()).await
}

async fn queue(
    channel: &Channel,
    name: &str,
    exchange: &str,
    routing_key: &str,
    arguments: FieldTable,
) -> lapin::Result<()> {
    let options = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare(name.into(), options, arguments).await?;
    let (bind, none) = (QueueBindOptions::default(), FieldTable::default());
    channel.queue_bind(name.into(), exchange.into(), routing_key.into(), bind, none).await
}

/// Runs one exchange with the broker under a deadline: several of lapin's futures stay pending for ever when the
/// connection dies at the wrong moment.
async fn within<T>(
    doing: &'static str,
    limit_s: u64,
    work: impl Future<Output = lapin::Result<T>>,
) -> Result<T, SessionError> {
    match timeout(Duration::from_secs(limit_s), work).await {
        Ok(done) => done.map_err(|error| SessionError::new(doing, error)),
        Err(_elapsed) => Err(SessionError::new(doing, format_args!("no answer within {limit_s} s"))),
    }
}

/// Closes a connection in good order where the broker still answers; else it is dropped, which is good enough.
async fn close(connection: &Connection) {
    let closing = connection.close(200, "done".into());
    if let Err(error) = within("closing the connection", CLOSE_LIMIT_S, closing).await {
        tracing::debug!(%error, "the connection to the broker was not closed in good order");
    }
}
