//! Who wishes not to be tracked is a number and nothing else, and nobody's address is kept.

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use testkit::recount::assert_rollups_equal_a_recount;
use testkit::{Proxy, TestBroker, TestDatabase, eventually};
use tokio_postgres::Client;

use crate::support::{STORED_LIMIT, System, envelope, impression, reporter};

/// What is said of a visitor who wishes not to be tracked, and of one who has no such wish: none of it by chance.
const UNTRACKED: [&str; 6] = [
    "198.51.100.177",
    "198.51.100.0",
    "gpc-canary-url",
    "gpc-canary-referrer",
    "gpc-canary-question",
    "gpc-canary-browser",
];
const TRACKED_ADDRESS: &str = "203.0.113.177";

fn post(system: &System, body: &Value) -> RequestBuilder {
    let request = system.client.post(format!("{}/v1/events", system.collector.public_url()));
    request.header("content-type", "text/plain").body(body.to_string())
}

/// Sends an envelope along with a wish that its project honours; answers what the 202 said.
async fn dropped(system: &System, body: &Value) -> Value {
    let answer = post(system, body).header("sec-gpc", "1").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    answer.json().await.unwrap()
}

/// `(project, reason, count)` of all drops. Not by day: a test may run over midnight.
async fn counted(client: &Client) -> Vec<(String, String, i64)> {
    let sql = "select project_id, reason, sum(dropped_count)::bigint from daily_dropped_stats group by 1, 2 order by 1, 2";
    let rows = client.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

#[tokio::test]
async fn what_a_visitors_wish_drops_is_counted_once_whoever_repeats_it() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let address = broker.url().split(['@', '/']).find(|part| part.starts_with("127.0.0.1:")).unwrap();
    let proxy = Proxy::start(address).await.unwrap();
    let behind = broker.url().replace(address, &proxy.addr().to_string());
    let mut system = System::start_on(database, broker, Some(behind), None).await;
    let client = system.database.client().await;
    let body =
        envelope("alpha", &json!(vec![json!({"type": "impression", "url": "https://example.com/"}); 3]));

    // Stored, and then never acknowledged: the writer dies with its acks held back.
    system.accepted(&impression("alpha", "https://example.com/0")).await;
    system.stored("analytics_impressions", 1).await;
    proxy.hold_client_bytes();
    let answer = dropped(&system, &body).await;
    assert_eq!(answer, json!({"envelope_id": body["envelope_id"], "accepted": 0, "dropped": 3}));
    system.stored("daily_dropped_stats", 1).await;
    system.writer.kill().await;
    proxy.cut();
    eventually("what was not acknowledged is ready again", STORED_LIMIT, async || {
        system.broker.ready_count(&system.broker.config().queue()).await.filter(|ready| *ready > 0)
    })
    .await;
    system.replace_writer().await;
    // And the client tries again, with the same bytes.
    dropped(&system, &body).await;
    system.accepted(&impression("alpha", "https://example.com/1")).await;
    system.stored("analytics_impressions", 2).await;
    system.queue_is_empty().await;

    assert_eq!(counted(&client).await, [("alpha".to_owned(), "gpc".to_owned(), 3)]);
    assert_eq!(assert_rollups_equal_a_recount(&client).await, (2, 0));
    let metrics = system.metrics(&system.writer).await.unwrap();
    assert!(
        !metrics.contains("footfall_writer_duplicate_envelopes_total 0"),
        "neither came again:\n{metrics}"
    );
}

#[tokio::test]
async fn the_owner_is_told_how_many_were_dropped_and_why() {
    let system = System::start().await;
    let reporter = reporter(&system.database.url()).await;
    let body = envelope("beta", &json!([{"type": "open_chat"}, {"type": "click_bubble"}]));
    dropped(&system, &body).await;
    system.stored("daily_dropped_stats", 1).await;

    let key = system.api_key().await;
    let get = async |path: &str| -> Value {
        let request = system.client.get(format!("{}/v1/{path}", reporter.public_url())).bearer_auth(&key);
        request.send().await.unwrap().json().await.unwrap()
    };
    let listed = get("reports/dropped").await["dropped"].clone();
    assert_eq!((&listed[0]["project_id"], &listed[0]["name"]), (&json!("beta"), &json!("Beta")), "{listed}");
    assert_eq!((&listed[0]["reason"], &listed[0]["events"]), (&json!("gpc"), &json!(2)), "{listed}");
    let receipt = get(&format!("receipts/{}", body["envelope_id"].as_str().unwrap())).await;
    let project = &receipt["projects"][0];
    assert_eq!((&project["stored"], &project["dropped"]), (&json!(0), &json!(2)), "{receipt}");
}

/// Where `words` stand in Postgres: `table: row`, of every table; bytes are looked through, too.
async fn found_in_postgres(client: &Client, words: &[String]) -> Vec<String> {
    let tables = "select relname::text from pg_class
                  where relnamespace = 'public'::regnamespace and relkind = 'r' and not relispartition
                  union all
                  select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'p'";
    let tables: Vec<String> = client.query(tables, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert!(tables.iter().any(|table| table == "quarantine"), "{tables:?}");
    let mut found = Vec::new();
    for table in tables {
        let rows = client.query(&format!("select t::text from {table} as t"), &[]).await.unwrap();
        for row in rows {
            let row: String = row.get(0);
            let in_hex = |word: &str| word.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
            if words.iter().any(|word| row.contains(word) || row.contains(&in_hex(word))) {
                found.push(format!("{table}: {row}"));
            }
        }
    }
    found
}

/// The log lines and metrics of collector and writer in which one of `words` stands.
async fn found_in_logs_and_metrics(system: &System, words: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for service in [&system.collector, &system.writer] {
        let mut lines = service.log_lines();
        assert!(!lines.is_empty());
        lines.extend(system.metrics(service).await.unwrap().lines().map(str::to_owned));
        found.extend(lines.into_iter().filter(|line| words.iter().any(|word| line.contains(word))));
    }
    found
}

#[tokio::test]
async fn nothing_of_a_visitor_who_wishes_not_to_be_tracked_is_kept_and_nobodys_address_is() {
    let mut system = System::start().await;
    // With all that our own code can say, and addresses as a proxy in front passes them on.
    let settings =
        [("FOOTFALL_TRUSTED_PROXIES", "127.0.0.0/8"), ("FOOTFALL_LOG", "collector=trace,shared=trace,info")];
    system.replace_collector(&settings).await;
    let events = json!([
        {"type": "impression", "url": "https://example.com/gpc-canary-url", "referrer": "https://gpc-canary-referrer.example/"},
        {"type": "ask_question", "label": "gpc-canary-question", "data": {"question": "gpc-canary-question"}},
    ]);
    let untracked = envelope("alpha", &events);
    let from_untracked = |request: RequestBuilder| {
        let request =
            request.header("x-forwarded-for", UNTRACKED[0]).header("user-agent", "gpc-canary-browser");
        request.header("sec-gpc", "1")
    };

    let accepted = from_untracked(post(&system, &untracked)).send().await.unwrap();
    assert_eq!(accepted.status(), StatusCode::ACCEPTED);
    let pixel = format!(
        "{}/v1/pixel.gif?project_id=beta&url=https%3A%2F%2Fexample.com%2Fgpc-canary-url&visitor_id={}",
        system.collector.public_url(),
        untracked["visitor_id"].as_str().unwrap()
    );
    assert_eq!(from_untracked(system.client.get(pixel)).send().await.unwrap().status(), StatusCode::OK);
    // What is refused may be logged, with its reason and without its content.
    let mut refused = untracked.clone();
    refused["events"][0]["url"] = json!("no-url-with-gpc-canary-url");
    assert_eq!(from_untracked(post(&system, &refused)).send().await.unwrap().status(), 422);
    let tracked = impression("alpha", "https://example.com/tracked-canary");
    let accepted = post(&system, &tracked).header("x-forwarded-for", TRACKED_ADDRESS).send().await.unwrap();
    assert_eq!(accepted.status(), StatusCode::ACCEPTED);
    system.stored("analytics_impressions", 1).await;
    system.stored("daily_dropped_stats", 2).await;

    let client = system.database.client().await;
    let mut words = UNTRACKED.map(str::to_owned).to_vec();
    words.extend(["visitor_id", "session_id"].map(|id| untracked[id].as_str().unwrap().to_owned()));
    words.extend([TRACKED_ADDRESS, "203.0.113.0"].map(str::to_owned));
    assert_eq!(found_in_postgres(&client, &words).await, Vec::<String>::new());
    let visitor = tracked["visitor_id"].as_str().unwrap().to_owned();
    words.extend(["tracked-canary".to_owned(), visitor.clone()]);
    assert_eq!(found_in_logs_and_metrics(&system, &words).await, Vec::<String>::new());
    // Who has no such wish is found: the search can find.
    assert_eq!(found_in_postgres(&client, &[visitor]).await.len(), 1);
    assert_eq!(counted(&client).await.len(), 2);
}
