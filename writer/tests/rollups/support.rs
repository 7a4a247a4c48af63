//! A migrated database with two projects, a store on it, and made-up events of every kind.

use fastrand::Rng;
use serde_json::{Map, Value, json};
use shared::envelope::Envelope;
use shared::event::{Event, EventKind, InteractionType};
use testkit::TestDatabase;
use testkit::envelopes::{envelope, message};
use testkit::recount::assert_rollups_equal_a_recount;
use tokio_postgres::Client;
use uuid::Uuid;
use writer::batch::Batch;
use writer::enrich::geo::{Geo, Place};
use writer::enrich::{Enricher, PreparedBatch};
use writer::flush::flush;
use writer::fold::{FoldError, Folded, Packed, fold, level_day, pack};
use writer::maintain::connect;
use writer::recount::{self, Difference, EveryProject, Recount};
use writer::store::Store;

pub(crate) struct Bench {
    pub(crate) database: TestDatabase,
    pub(crate) client: Client,
    store: Store,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create().await;
        let client = database.client().await;
        let projects = "insert into projects values ('alpha', 'Alpha'), ('beta', 'Beta')";
        client.batch_execute(projects).await.unwrap();
        let store = store(&database);
        Self { database, client, store }
    }

    pub(crate) async fn store(&mut self, envelopes: &[Envelope]) {
        flush(&mut self.store, &mut prepare(envelopes)).await.unwrap();
    }

    pub(crate) async fn store_prepared(&mut self, mut batch: PreparedBatch) {
        flush(&mut self.store, &mut batch).await.unwrap();
    }

    /// A connection as a writer's keeper has it: in the role that it is granted.
    pub(crate) async fn keeper(&self) -> Client {
        let mut config: tokio_postgres::Config = self.database.url().parse().unwrap();
        config.options("-c role=footfall_write");
        connect(&config).await.unwrap()
    }

    pub(crate) async fn fold(&self) -> Folded {
        self.try_fold().await.unwrap()
    }

    pub(crate) async fn try_fold(&self) -> Result<Folded, FoldError> {
        fold(&mut self.keeper().await).await
    }

    pub(crate) async fn pack(&self) -> Packed {
        pack(&self.keeper().await).await.unwrap()
    }

    /// Where any rollup of any day differs from a recount.
    pub(crate) async fn differences(&mut self) -> Vec<Difference> {
        let Some((first, last)) = recount::days(&self.client).await.unwrap() else { return Vec::new() };
        let mut differences = Vec::new();
        let days = std::iter::successors(Some(first), |day| day.next_day()).take_while(|day| *day <= last);
        for day in days {
            let snapshot = recount::begin_snapshot(&mut self.client).await.unwrap();
            let mut every = EveryProject::of(&snapshot, day).await.unwrap();
            for project in recount::projects_of_day(&snapshot, day, None).await.unwrap() {
                let recount = Recount::of(&snapshot, &project, day).await.unwrap();
                differences.extend(recount.differences());
                every.add(&recount).unwrap();
            }
            differences.extend(every.differences());
        }
        differences
    }

    /// Checks that no rollup differs, by the writer's own recount and by the testkit's.
    pub(crate) async fn assert_equal_a_recount(&mut self) {
        assert_eq!(self.differences().await, []);
        assert_rollups_equal_a_recount(&self.client).await;
    }

    /// Makes every project's every day anew; answers how they differed.
    pub(crate) async fn rebuild(&self) -> Vec<Difference> {
        let mut client = self.database.client().await;
        let (first, last) = recount::days(&client).await.unwrap().unwrap();
        let mut differences = Vec::new();
        let days = std::iter::successors(Some(first), |day| day.next_day()).take_while(|day| *day <= last);
        for day in days {
            for project in recount::projects_of_day(&client, day, None).await.unwrap() {
                differences.extend(recount::rebuild_day(&mut client, &project, day).await.unwrap());
            }
            level_day(&mut client, day).await.unwrap();
        }
        differences
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.client.query_one(sql, &[]).await.unwrap().get(0)
    }
}

pub(crate) fn store(database: &TestDatabase) -> Store {
    Store::new(database.url().parse().unwrap())
}

pub(crate) fn prepare(envelopes: &[Envelope]) -> PreparedBatch {
    let mut batch = Batch::default();
    for (tag, some) in envelopes.chunks(500).enumerate() {
        batch.add(shared::queue::Delivery { body: message(some), returned_count: 0, tag: tag as u64 });
    }
    Enricher::new(Geo::open(&[]).unwrap()).prepare(batch)
}

/// A batch of every kind of event, with a place for each envelope, up to `days` days back.
pub(crate) fn made_up_batch(random: &mut Rng, days: u64) -> PreparedBatch {
    let mut envelopes = Vec::new();
    for _ in 0..random.usize(1..8) {
        let project = ["alpha", "beta", "nobody"][random.usize(..3)];
        let events = (0..random.usize(1..8)).map(|_| made_up_event(random, days)).collect();
        let mut sent = envelope(project, events);
        sent.visitor_id = random.bool().then(|| Uuid::from_u128(random.u128(..50)));
        sent.session_id = random.bool().then(|| Uuid::from_u128(random.u128(..500)));
        sent.user_agent = [
            Some(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Mobile/15E148 Safari/604.1"
                    .to_owned(),
            ),
            Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned()),
            Some("ä'\"\\{}".repeat(100)),
            None,
        ][random.usize(..4)]
        .clone();
        envelopes.push(sent);
    }
    let mut batch = prepare(&envelopes);
    for prepared in &mut batch.envelopes {
        prepared.place = random.bool().then(|| Place {
            country: random.bool().then(|| "IL".to_owned()),
            city: random.bool().then(|| "תל־אביב \"{}\",\\".to_owned()),
            position: random.bool().then(|| (f64::from(random.u8(..4)) / 3.0 - 0.0, -0.0)),
        });
    }
    batch
}

/// A question as widgets send it, or something else under its name, or none.
fn data(random: &mut Rng, text: &dyn Fn(&mut Rng) -> String) -> Map<String, Value> {
    let question = match random.u8(..4) {
        0 => json!(format!("\u{a0} {} {}\n", text(random), text(random))),
        1 => json!("ä".repeat(random.usize(100..400))),
        2 => [json!(1), json!(null), json!({ "a": "b" })][random.usize(..3)].clone(),
        _ => return Map::new(),
    };
    [("question".to_owned(), question)].into_iter().collect()
}

fn made_up_event(random: &mut Rng, days: u64) -> Event {
    let texts = ["", "other", "a", "ä\u{1b}{\"}\\", "https://Example.COM:8080/p?q=1#f", "null", "{1,2}"];
    let text = |random: &mut Rng| texts[random.usize(..texts.len())].to_owned();
    let kind = match random.bool() {
        true => EventKind::Impression {
            url: format!("https://example.com/{}", text(random)),
            referrer: random.bool().then(|| text(random)),
        },
        false => EventKind::Interaction {
            interaction: InteractionType::ALL[random.usize(..6)],
            label: random.bool().then(|| text(random)),
            data: random.bool().then(|| data(random, &text)),
        },
    };
    Event { age_ms: random.u64(..=days * 86_400_000), kind }
}
