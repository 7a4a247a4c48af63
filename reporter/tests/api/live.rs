//! The live view: a stream that tells each interaction once, however late it is stored and however often the client comes back.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use testkit::{TestDatabase, eventually};
use tokio::time::timeout;

use crate::reporter_under_test::Reporter;
use crate::seed::Seed;

/// Longest wait for an event: some ticks.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client of the stream.
struct Listener {
    response: Response,
    read: String,
}

#[derive(Debug)]
struct Event {
    name: String,
    id: String,
    data: Value,
}

impl Listener {
    async fn open(reporter: &Reporter, key: &str, path: &str, last: Option<&str>) -> Self {
        let mut request = reporter.request(Method::GET, path).bearer_auth(key);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "private, no-store");
        let mut listener = Self { response, read: String::new() };
        assert_eq!(listener.block().await.unwrap(), "retry: 3000");
        listener
    }

    /// What stands before the next empty line; nothing where the stream has ended as it should.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.read = rest;
                return Some(block);
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("an event in time");
            self.read += std::str::from_utf8(&chunk.expect("no stream is cut off")?).unwrap();
        }
    }

    async fn event(&mut self) -> Option<Event> {
        let block = self.block().await?;
        let mut fields = block.lines().map(|line| line.split_once(": ").unwrap());
        let mut field = |name: &str| {
            let (found, value) = fields.next().unwrap();
            assert_eq!(found, name, "{block}");
            value.to_owned()
        };
        let (name, id, data) = (field("event"), field("id"), field("data"));
        assert_eq!(fields.next(), None);
        Some(Event { name, id, data: serde_json::from_str(&data).unwrap() })
    }

    /// The labels told until the next `now`, and that.
    async fn look(&mut self) -> (Vec<String>, Event) {
        let mut labels = Vec::new();
        loop {
            let event = self.event().await.expect("the stream goes on");
            if event.name == "now" {
                return (labels, event);
            }
            assert_eq!(event.name, "interaction");
            labels.push(event.data["label"].as_str().unwrap().to_owned());
        }
    }

    /// The labels told by the look that tells some, one of the next ten.
    async fn told(&mut self) -> (Vec<String>, Event) {
        for _ in 0..10 {
            let (labels, now) = self.look().await;
            if !labels.is_empty() {
                return (labels, now);
            }
        }
        panic!("nothing was told in ten looks");
    }
}

/// A statement that stores an interaction of just now.
fn interaction(project: &str, label: &str) -> String {
    format!(
        "insert into analytics_events (project_id, visitor_id, session_id, event_type, event_label, event_data)
         values ('{project}', gen_random_uuid(), gen_random_uuid(), 'open_chat', '{label}', '{{\"question\": \"secret\"}}');"
    )
}

async fn two_projects() -> (TestDatabase, Seed, Reporter) {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    seed.project("mine", "Mine").await;
    seed.project("theirs", "Theirs").await;
    let reporter = Reporter::start(&database.url()).await;
    (database, seed, reporter)
}

const LIVE: &str = "reports/live";

#[tokio::test]
async fn it_tells_who_is_there_and_each_interaction_as_it_is_stored() {
    let (_database, seed, reporter) = two_projects().await;
    seed.sql(
        "insert into analytics_impressions (project_id, visitor_id, session_id, created_at) values
             ('mine', '01932f6e-0000-4000-8000-000000000001', '01932f6e-0000-4000-8000-00000000000a', now()),
             ('mine', '01932f6e-0000-4000-8000-000000000001', '01932f6e-0000-4000-8000-00000000000b', now() - interval '4 minutes'),
             ('mine', '01932f6e-0000-4000-8000-000000000002', '01932f6e-0000-4000-8000-00000000000c', now() - interval '6 minutes'),
             ('theirs', '01932f6e-0000-4000-8000-000000000003', '01932f6e-0000-4000-8000-00000000000d', now())",
    )
    .await;
    seed.sql(&interaction("theirs", "foreign")).await;
    seed.sql("insert into writer_progress values (gen_random_uuid(), now(), '2026-11-02 12:00Z', 3, null)")
        .await;
    let key = seed.key(Some(&["mine"])).await;
    let mut listener = Listener::open(&reporter, &key, LIVE, None).await;
    let (labels, now) = listener.look().await;
    assert_eq!(labels, [""; 0]);
    let expected = json!({
        "visitors": 1, "sessions": 2, "impressions": 2, "interactions": 0, "window_s": 300, "at_least": false,
        "fresh": {"complete_until": "2026-11-02T12:00:00Z", "waiting_messages": 3},
    });
    assert_eq!(now.data, expected);

    seed.sql(&interaction("mine", "first\nsecond")).await;
    let event = loop {
        let event = listener.event().await.unwrap();
        if event.name == "interaction" {
            break event;
        }
    };
    let fields = event.data.as_object().unwrap();
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["at", "label", "project_id", "type"]);
    assert_eq!((&fields["label"], &fields["type"]), (&json!("first\nsecond"), &json!("open_chat")));
    let (labels, now) = listener.look().await;
    assert_eq!((labels.len(), &now.data["interactions"], &now.data["visitors"]), (0, &json!(1), &json!(2)));
    assert_eq!(listener.look().await.0, [""; 0], "and none is told twice");
}

#[tokio::test]
async fn what_a_slow_transaction_stores_is_told_late_and_nothing_is_told_twice_to_who_comes_back() {
    let (database, seed, reporter) = two_projects().await;
    let key = seed.key(None).await;
    let (slow, in_savepoint) = (Seed::of(&database).await, Seed::of(&database).await);
    slow.sql(&format!("begin; {}", interaction("mine", "slow"))).await;
    // As writers do; the row's transaction is then not the one that runs.
    in_savepoint.sql(&format!("begin; savepoint a; {}", interaction("mine", "in a savepoint"))).await;
    seed.sql(&interaction("mine", "quick")).await;
    seed.sql(&interaction("theirs", "quick too")).await;
    let mut first = Listener::open(&reporter, &key, LIVE, None).await;
    let quick = first.event().await.unwrap();
    assert_eq!(quick.data["label"], "quick");

    // Cut off after one of two.
    let mut second = Listener::open(&reporter, &key, LIVE, Some(&quick.id)).await;
    let (labels, now) = second.look().await;
    assert_eq!(labels, ["quick too"]);
    drop(second);
    slow.sql("commit").await;
    let mut third = Listener::open(&reporter, &key, LIVE, Some(&now.id)).await;
    let (labels, now) = third.told().await;
    assert_eq!(labels, ["slow"]);
    in_savepoint.sql("commit").await;
    assert_eq!(third.told().await.0, ["in a savepoint"]);

    // The one that stayed, and one that missed the last two, tell all of it once.
    let mut fourth = Listener::open(&reporter, &key, LIVE, Some(&now.id)).await;
    assert_eq!(fourth.told().await.0, ["in a savepoint"]);
    let mut labels = first.look().await.0;
    while labels.len() < 3 {
        labels.extend(first.told().await.0);
    }
    assert_eq!(labels, ["quick too", "slow", "in a savepoint"]);
}

#[tokio::test]
async fn an_id_of_another_s_making_is_as_none() {
    let (_database, seed, reporter) = two_projects().await;
    let key = seed.key(None).await;
    seed.sql(&interaction("mine", "one")).await;
    for id in ["nonsense", "", "1.0", &"f".repeat(5_000)] {
        let mut listener = Listener::open(&reporter, &key, LIVE, Some(id)).await;
        assert_eq!(listener.look().await.0, ["one"], "{id}");
    }
    // Of a database that was restored since: known by lying in the future, as soon as that is certain.
    let mut listener = Listener::open(&reporter, &key, LIVE, Some("1.ffffffffffff..")).await;
    assert_eq!(listener.told().await.0, ["one"]);
}

#[tokio::test]
async fn who_may_not_see_a_project_hears_nothing_of_it() {
    let (_database, seed, reporter) = two_projects().await;
    let (mine, all) = (seed.key(Some(&["mine"])).await, seed.key(None).await);
    seed.sql(&interaction("mine", "mine")).await;
    seed.sql(&interaction("theirs", "theirs")).await;
    let first = async |key: &str, path: &str| Listener::open(&reporter, key, path, None).await.look().await.0;
    assert_eq!(first(&mine, LIVE).await, ["mine"]);
    assert_eq!(first(&all, LIVE).await, ["mine", "theirs"]);
    assert_eq!(first(&all, "reports/live?project_id=theirs").await, ["theirs"]);
    let status = async |key: &str, path: &str| reporter.get(key, path).await.status;
    assert_eq!(status(&mine, "reports/live?project_id=theirs").await, StatusCode::NOT_FOUND);
    assert_eq!(status(&all, "reports/live?project_id=nobodys").await, StatusCode::NOT_FOUND);
    assert_eq!(status("none", LIVE).await, StatusCode::UNAUTHORIZED);
    let refused = reporter.get(&mine, "reports/live?from=2026-11-02").await;
    assert_eq!(
        (refused.status, &refused.body["error"]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("from"))
    );
}

#[tokio::test]
async fn a_look_serves_everyone_who_listens_to_the_same_projects() {
    let (_database, seed, reporter) = two_projects().await;
    let (key, other) = (seed.key(None).await, seed.key(None).await);
    let mut listeners = Vec::new();
    for n in 0..50 {
        listeners.push(Listener::open(&reporter, if n % 2 == 0 { &key } else { &other }, LIVE, None).await);
    }
    join_all(listeners.iter_mut().map(async |listener| {
        for _ in 0..4 {
            listener.look().await;
        }
    }))
    .await;
    let (_, metrics) = reporter.ops("/metrics").await;
    assert!(metrics.contains("footfall_reporter_live_streams 50\n"), "{metrics}");
    let line = metrics.lines().find_map(|line| line.strip_prefix("footfall_reporter_live_readings_total "));
    let readings: u32 = line.unwrap().parse().unwrap();
    assert!(readings <= 20, "{readings} readings for 200 looks");
}

#[tokio::test]
async fn a_revoked_key_s_stream_ends() {
    let (_database, seed, reporter) = two_projects().await;
    let key = seed.key(None).await;
    let mut listener = Listener::open(&reporter, &key, LIVE, None).await;
    listener.look().await;
    seed.revoke(&key).await;
    // A key is remembered for a look or so.
    for _ in 0..10 {
        let Some(event) = listener.event().await else { return };
        assert_eq!(event.name, "now");
    }
    panic!("the stream goes on");
}

#[tokio::test]
async fn a_stream_ends_in_order_when_the_reporter_is_told_to_stop() {
    let (_database, seed, reporter) = two_projects().await;
    let key = seed.key(None).await;
    let mut listener = Listener::open(&reporter, &key, LIVE, None).await;
    listener.look().await;
    // The drain would cut it off in the end, and that is no end of a stream.
    reporter.stop().await.unwrap();
    while let Some(event) = listener.event().await {
        assert_eq!(event.name, "now");
    }
}

#[tokio::test]
async fn one_key_has_so_many_streams_and_no_more_until_one_is_closed() {
    let (_database, seed, reporter) = two_projects().await;
    let (key, other) = (seed.key(None).await, seed.key(None).await);
    let mut open = Vec::new();
    for _ in 0..200 {
        open.push(Listener::open(&reporter, &key, LIVE, None).await);
    }
    let refused = reporter.request(Method::GET, LIVE).bearer_auth(&key).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let refused = reporter.get(&key, LIVE).await;
    assert_eq!(refused.body["error"]["code"], "too_many_streams");
    assert_ne!(refused.header("retry-after"), "");
    Listener::open(&reporter, &other, LIVE, None).await;
    open.pop();
    eventually("a place", PATIENCE, async || {
        let answer = reporter.request(Method::GET, LIVE).bearer_auth(&key).send().await.unwrap();
        (answer.status() == StatusCode::OK).then_some(())
    })
    .await;
}

#[tokio::test]
async fn of_very_many_the_latest_are_told_and_the_numbers_say_at_least() {
    let (_database, seed, reporter) = two_projects().await;
    let key = seed.key(None).await;
    seed.sql(
        "insert into analytics_events (project_id, visitor_id, event_type, event_label, created_at)
         select 'mine', gen_random_uuid(), 'open_chat', n::text, now() - n * interval '1 ms'
         from generate_series(1, 10001) as n",
    )
    .await;
    let mut listener = Listener::open(&reporter, &key, LIVE, None).await;
    let (labels, now) = listener.look().await;
    assert_eq!(labels.len(), 100);
    assert_eq!((&now.data["interactions"], &now.data["at_least"]), (&json!(10_000), &json!(true)));
    assert_eq!(listener.look().await.0, [""; 0]);
}

#[tokio::test]
async fn a_look_that_fails_is_a_comment_and_the_next_one_tells_all() {
    let (_database, seed, reporter) = two_projects().await;
    let key = seed.key(None).await;
    let mut listener = Listener::open(&reporter, &key, LIVE, None).await;
    listener.look().await;
    seed.sql("alter table analytics_events rename to elsewhere").await;
    while !listener.block().await.unwrap().starts_with(": ") {}
    seed.sql("alter table elsewhere rename to analytics_events").await;
    seed.sql(&interaction("mine", "one")).await;
    loop {
        let block = listener.block().await.unwrap();
        if block.starts_with("event: interaction") {
            assert!(block.contains(r#""label":"one""#), "{block}");
            break;
        }
    }
}
