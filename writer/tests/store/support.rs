//! A migrated database with two projects, and a store on it.

use shared::envelope::Envelope;
use testkit::envelopes::message;
use testkit::{Proxy, TestDatabase};
use tokio_postgres::Client;
use writer::batch::Batch;
use writer::enrich::Enricher;
use writer::enrich::geo::Geo;
use writer::flush::flush;
use writer::store::{Receipt, Store, StoreError};

pub(crate) struct Bench {
    pub(crate) database: TestDatabase,
    pub(crate) client: Client,
    pub(crate) store: Store,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create().await;
        let client = database.client().await;
        client
            .batch_execute("insert into projects values ('alpha', 'Alpha'), ('beta', 'Beta')")
            .await
            .unwrap();
        let store = Store::new(database.url().parse().unwrap());
        Self { database, client, store }
    }

    /// Stores envelopes as one batch, the way they come: encoded in a message.
    pub(crate) async fn store(&mut self, envelopes: &[Envelope]) -> Result<Receipt, StoreError> {
        self.store_bodies(&[message(envelopes)]).await
    }

    /// Stores message bodies as one batch.
    pub(crate) async fn store_bodies(&mut self, bodies: &[Vec<u8>]) -> Result<Receipt, StoreError> {
        flush(&mut self.store, &mut prepare(bodies)).await
    }

    /// Puts a proxy between the store and the database.
    pub(crate) async fn behind_a_proxy(&mut self) -> Proxy {
        let config: tokio_postgres::Config = self.database.url().parse().unwrap();
        let proxy = Proxy::start(format!("127.0.0.1:{}", config.get_ports()[0])).await.unwrap();
        let mut behind = tokio_postgres::Config::new();
        behind.host("127.0.0.1").port(proxy.addr().port()).user(config.get_user().unwrap());
        behind.dbname(self.database.name());
        self.store = Store::new(behind);
        proxy
    }

    pub(crate) async fn count(&self, what: &str) -> i64 {
        self.client.query_one(&format!("select count(*) from {what}"), &[]).await.unwrap().get(0)
    }

    /// `(reason, event_index)` of all that is in quarantine, sorted.
    pub(crate) async fn quarantined(&self) -> Vec<(String, Option<i32>)> {
        let sql = "select reason, event_index from quarantine order by 1, 2";
        self.client.query(sql, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}

pub(crate) fn prepare(bodies: &[Vec<u8>]) -> writer::enrich::PreparedBatch {
    let mut batch = Batch::default();
    for (tag, body) in bodies.iter().enumerate() {
        batch.add(shared::queue::Delivery { body: body.clone(), returned_count: 0, tag: tag as u64 });
    }
    Enricher::new(Geo::open(&[]).unwrap()).prepare(batch)
}
