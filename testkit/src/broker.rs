//! Queue names of a test's own, on the broker that `cargo xtask test` started.

use std::time::Duration;

use lapin::options::{ExchangeDeleteOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties};
use shared::queue::rabbitmq::{QUEUE_BYTES_DEFAULT, RabbitConfig};
use uuid::Uuid;

use crate::environment;

/// How long the clean-up may take, in seconds; what is left then goes with the broker.
const CLEAN_UP_LIMIT_S: u64 = 10;

/// A unique prefix for the names of exchange and queues. Dropped, what was declared under it is deleted.
#[derive(Debug)]
pub struct TestBroker {
    url: String,
    prefix: String,
}

impl TestBroker {
    /// A prefix on the broker that `FOOTFALL_TEST_AMQP_URL` names.
    ///
    /// # Panics
    /// When the variable is absent.
    pub fn create() -> Self {
        Self::on(&environment::required(environment::AMQP_URL))
    }

    /// A prefix on a broker of the test's own.
    pub fn on(url: &str) -> Self {
        Self { url: url.to_owned(), prefix: format!("t{}", Uuid::now_v7().simple()) }
    }

    /// Where the broker is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What leads every name, as `FOOTFALL_QUEUE_PREFIX`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The configuration that a collector or writer with this prefix has.
    ///
    /// # Panics
    /// When the broker's URL can't be read.
    pub fn config(&self) -> RabbitConfig {
        let uri = self.url.parse().unwrap_or_else(|problem| panic!("the broker's URL: {problem}"));
        RabbitConfig::new(uri, &self.prefix, QUEUE_BYTES_DEFAULT)
    }

    /// Messages in `queue` that are ready to be handed out; `None` where there is no such queue.
    ///
    /// A broker that has just started says 0 until the queue has a leader, for about half a second.
    ///
    /// # Panics
    /// When the broker is away.
    pub async fn ready_count(&self, queue: &str) -> Option<u32> {
        let connection = connect(&self.url).await.expect("the test's broker takes connections");
        let channel = connection.create_channel().await.expect("the test's broker opens channels");
        let passive = QueueDeclareOptions { passive: true, ..Default::default() };
        let declared = channel.queue_declare(queue.into(), passive, FieldTable::default()).await;
        let _closed = connection.close(200, "counted".into()).await;
        declared.ok().map(|queue| queue.message_count())
    }
}

impl Drop for TestBroker {
    fn drop(&mut self) {
        let (url, config) = (self.url.clone(), self.config());
        crate::database::on_own_runtime(Duration::from_secs(CLEAN_UP_LIMIT_S), async move {
            let Ok(connection) = connect(&url).await else { return };
            if let Ok(channel) = connection.create_channel().await {
                delete(&channel, &config).await;
            }
            let _closed = connection.close(200, "cleaned up".into()).await;
        });
    }
}

async fn connect(url: &str) -> lapin::Result<Connection> {
    Connection::connect(url, ConnectionProperties::default()).await
}

/// Deleting what is not there is no error.
async fn delete(channel: &Channel, config: &RabbitConfig) {
    for queue in [config.queue(), config.parked()] {
        let _gone = channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default()).await;
    }
    for exchange in [config.exchange(), config.parked()] {
        let _gone = channel.exchange_delete(exchange.as_str().into(), ExchangeDeleteOptions::default()).await;
    }
}
