//! Queries made to hurt: no report answers 5xx, and what Postgres runs is what stands in the `.sql` files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use reqwest::Method;
use testkit::{PostgresServer, TestDatabase, eventually};

use crate::reporter_under_test::Reporter;
use crate::routes::{address, routes};
use crate::seed::Seed;

/// Requests made up.
const REQUESTS: u32 = 400;
/// Of them are sent at once.
const AT_ONCE: usize = 8;
/// Longest wait for the server to write its log.
const PATIENCE: Duration = Duration::from_secs(20);
/// Every entry of the server's log begins so; the lines that follow it begin with a tab.
const ENTRY: &str = "~entry~ ";
const UNLIMITED: &[(&str, &str)] =
    &[("FOOTFALL_KEY_REQUESTS_PER_S", "0"), ("FOOTFALL_STRANGER_REQUESTS_PER_S", "0")];
/// What the pool and the driver say by themselves, and how readiness asks.
const OF_THE_POOL: [&str; 5] =
    ["", "select", "START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", "COMMIT", "ROLLBACK"];

/// Names that mean something, and one that does not.
fn name() -> impl Strategy<Value = String> {
    let known = [
        "from",
        "to",
        "tz",
        "project_id",
        "interval",
        "compare",
        "limit",
        "format",
        "dimension",
        "country",
        "page",
        "device",
        "browser",
        "label",
        "type",
        "referrer",
        "grid",
        "share",
        "nonsense",
    ];
    prop_oneof![9 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
}

/// Values that fit, that nearly fit, and that were written to end up where they do not belong.
fn value() -> impl Strategy<Value = String> {
    let fitting = [
        "2026-11-02",
        "2026-11-01",
        "Asia/Kathmandu",
        "bot",
        "hour",
        "week",
        "previous",
        "3",
        "csv",
        "page",
        "city",
    ];
    let hostile = [
        "'",
        "\"",
        "\\",
        ";",
        "--",
        "/*",
        "$1",
        "%",
        "\0",
        "\u{202e}",
        "ÿ",
        "\u{10ffff}",
        "' or '1'='1",
        "'; drop table projects; --",
        "$$; select pg_sleep(10); $$",
        "bot') union select secret_sha256 from api_keys --",
        "{bot,theirs}",
        "NaN",
        "-1",
        "1e309",
        "9999-99-99",
        "infinity",
        "<script>",
        "\u{feff}2026-11-02",
        "../../etc/passwd",
    ];
    prop_oneof![
        4 => prop::sample::select(fitting.to_vec()).prop_map(str::to_owned),
        4 => prop::sample::select(hostile.to_vec()).prop_map(str::to_owned),
        2 => any::<String>(),
        1 => (prop::sample::select(vec!["a", "'", "é"]), 1_000..3_000_usize).prop_map(|(part, count)| part.repeat(count)),
    ]
}

/// A query string, some of it twice, some of it not even encoded.
fn query() -> impl Strategy<Value = String> {
    let pair = (name(), value(), prop::bool::weighted(0.95));
    prop::collection::vec(pair, 0..6).prop_map(|pairs| {
        let part = |(name, value, encoded): (String, String, bool)| match encoded {
            true => format!("{}={}", percent(&name), percent(&value)),
            false => "%zz=%ff&&=%".to_owned(),
        };
        pairs.into_iter().map(part).collect::<Vec<_>>().join("&")
    })
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// As many addresses as are asked for, of every route in turn; an envelope's id is made up like a value.
fn addresses() -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let routes: Vec<String> = routes().into_iter().filter(|route| !route.ends_with("/live")).collect();
    let mut made_up = |number: u32| {
        let query = query().new_tree(&mut runner).unwrap().current();
        let id = value().new_tree(&mut runner).unwrap().current();
        let route = &routes[usize::try_from(number).unwrap() % routes.len()];
        address(route, &percent(&id), &query)
    };
    (0..REQUESTS).map(&mut made_up).collect()
}

/// The statements that stand in files, each as Postgres writes it down.
fn of_the_files(dir: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            of_the_files(&path, found);
        } else if path.extension().is_some_and(|name| name == "sql") {
            found.insert(fs::read_to_string(path).unwrap().trim().to_owned());
        }
    }
}

/// The statements in a server's log.
fn of_the_log(log: &str) -> BTreeSet<String> {
    let entries = log.split(ENTRY).skip(1).map(|entry| entry.replace("\n\t", "\n"));
    let statement = |entry: String| {
        let said = entry.strip_prefix("LOG:  ")?;
        let text = match said.strip_prefix("statement: ") {
            Some(text) => text,
            // "execute s12: select …"
            None => said.strip_prefix("execute ")?.split_once(": ")?.1,
        };
        Some(text.trim().to_owned())
    };
    entries.filter_map(statement).collect()
}

#[tokio::test]
async fn whatever_is_asked_postgres_runs_what_stands_in_the_files() {
    let server = PostgresServer::start_temporary().await.unwrap();
    let database = TestDatabase::on(&server.url()).await;
    let seed = Seed::of(&database).await;
    seed.project("bot", "Bot").await;
    let key = seed.key(None).await;
    seed.sql(&format!("alter system set log_line_prefix = '{ENTRY}'")).await;
    seed.sql("select pg_reload_conf()").await;
    // Of the reporter's sessions alone.
    seed.sql(
        "create role reporter login in role footfall_read; alter role reporter set log_statement = 'all'",
    )
    .await;
    let url = format!("postgres://reporter@127.0.0.1:{}/{}", server.port(), database.name());
    let reporter = Reporter::start_with(&url, UNLIMITED).await;

    let mut answered = 0;
    for some in addresses().chunks(AT_ONCE) {
        let asked = some.iter().map(async |path| {
            let response = reporter.request(Method::GET, path).bearer_auth(&key).send().await.unwrap();
            assert!(response.status().as_u16() < 500, "{} for {path}", response.status());
            response.status().is_success()
        });
        let oks = futures_util::future::join_all(asked).await;
        answered += oks.into_iter().filter(|ok| *ok).count();
    }
    assert!(answered > 20, "{answered} of {REQUESTS} had an answer: too few to tell");

    reporter.stop().await.unwrap();
    let mut known = BTreeSet::new();
    of_the_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut known);
    let seen = eventually("the log to be written", PATIENCE, async || {
        let seen = of_the_log(&fs::read_to_string(server.log_path()).unwrap());
        (seen.len() > 10).then_some(seen)
    })
    .await;
    let strange: Vec<&String> =
        seen.iter().filter(|text| !known.contains(*text) && !OF_THE_POOL.contains(&text.as_str())).collect();
    assert!(strange.is_empty(), "{strange:#?}");
    assert!(seen.iter().any(|text| known.contains(text)));
}
