//! What operators do with `footfall`, on a running system.

use std::path::PathBuf;
use std::process::Output;

use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::envelopes::{envelope, impression, message};
use testkit::recount::assert_rollups_equal_a_recount;
use testkit::{Service, TestBroker, TestDatabase, eventually};
use tokio::process::Command;
use writer::batch::Batch;
use writer::enrich::Enricher;
use writer::enrich::geo::Geo;
use writer::flush::flush;
use writer::store::Store;

use crate::support::{self, STORED_LIMIT, System, reporter};

/// The command as an operator of this database and broker has it.
pub(crate) struct Operator {
    settings: Vec<(&'static str, String)>,
}

impl Operator {
    pub(crate) fn of(database: &TestDatabase, broker: &TestBroker) -> Self {
        let settings = vec![
            ("DATABASE_URL", database.url()),
            ("AMQP_URL", broker.url().to_owned()),
            ("FOOTFALL_QUEUE_PREFIX", broker.prefix().to_owned()),
        ];
        Self { settings }
    }

    /// Runs `footfall` with these words.
    pub(crate) async fn run(&self, command: &str) -> Output {
        let settings = self.settings.iter().map(|(name, value)| (name, value.as_str()));
        let mut footfall = Command::new(program());
        footfall.env_clear().envs(settings).args(command.split_whitespace());
        footfall.output().await.unwrap()
    }

    /// Its JSON answer, good or bad.
    pub(crate) async fn asks(&self, command: &str) -> (Option<i32>, Value) {
        let output = self.run(&format!("{command} --json")).await;
        let answer = serde_json::from_slice(&output.stdout);
        (output.status.code(), answer.unwrap_or_else(|_| panic!("{command}: {output:?}")))
    }

    /// Its JSON answer, which is good.
    pub(crate) async fn does(&self, command: &str) -> Value {
        let (code, answer) = self.asks(command).await;
        assert_eq!(code, Some(0), "{command}: {answer}");
        answer
    }

    /// How its doctor takes one of its checks.
    async fn finds(&self, name: &str) -> String {
        let (_code, answer) = self.asks("doctor").await;
        let checks = answer["checks"].as_array().unwrap();
        let check =
            checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{name}: {answer}"));
        check["state"].as_str().unwrap().to_owned()
    }

    /// What it says while it refuses, with this exit code.
    pub(crate) async fn fails(&self, code: i32, command: &str) -> String {
        let output = self.run(command).await;
        assert_eq!(output.status.code(), Some(code), "{command}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

fn program() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    let found = exe.ancestors().map(|dir| dir.join("footfall")).find(|program| program.is_file());
    found.expect("footfall is not built: `cargo build --bin footfall`, or run `cargo xtask test`")
}

/// Stores envelopes as a writer would.
pub(crate) async fn store(database: &TestDatabase, sent: &[shared::envelope::Envelope]) {
    let mut batch = Batch::default();
    batch.add(shared::queue::Delivery { body: message(sent), returned_count: 0, tag: 1 });
    let mut prepared = Enricher::new(Geo::open(&[]).unwrap()).prepare(batch);
    flush(&mut Store::new(database.url().parse().unwrap()), &mut prepared).await.unwrap();
}

#[tokio::test]
async fn a_project_counts_from_its_adding_to_its_retiring_and_its_reports_stay() {
    let system = System::start().await;
    let operator = Operator::of(&system.database, &system.broker);
    let reporter = reporter(&system.database.url()).await;
    let sent = support::impression("gamma", "https://example.com/");
    assert_eq!(system.send(&sent).await, Some(StatusCode::NOT_FOUND));

    operator.does("project add gamma --name Gamma").await;
    eventually("the collector takes its events", STORED_LIMIT, async || {
        (system.send(&sent).await == Some(StatusCode::ACCEPTED)).then_some(())
    })
    .await;
    system.stored("analytics_impressions", 1).await;
    let retired = operator.does("project retire gamma").await;
    eventually("the collector knows it no longer", STORED_LIMIT, async || {
        (system.send(&sent).await == Some(StatusCode::NOT_FOUND)).then_some(())
    })
    .await;

    assert!(retired["retired_at"].is_string(), "{retired}");
    let key = operator.does("key add --project gamma --name Owner").await;
    let report = async || {
        let url = format!("{}/v1/reports/overview", reporter.public_url());
        let request = system.client.get(url).bearer_auth(key["key"].as_str().unwrap());
        request.send().await.unwrap()
    };
    let answer: Value = report().await.json().await.unwrap();
    assert_eq!(answer["impressions"]["total"], 1, "{answer}");

    operator.does(&format!("key revoke {}", key["key_id"].as_str().unwrap())).await;
    eventually("the reporter forgets the key", STORED_LIMIT, async || {
        (report().await.status() == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
    operator.does("project retire gamma --undo").await;
    eventually("the collector takes its events again", STORED_LIMIT, async || {
        (system.send(&sent).await == Some(StatusCode::ACCEPTED)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_server_sends_with_the_key_that_was_made_for_it_until_it_is_revoked() {
    let system = System::start().await;
    let operator = Operator::of(&system.database, &system.broker);
    let key = operator.does("key add --ingest alpha --name Backend").await;
    let body = support::impression("alpha", "https://example.com/").to_string();
    let send = async || {
        let request = system.client.post(format!("{}/v1/events", system.collector.public_url()));
        let request = request.bearer_auth(key["key"].as_str().unwrap()).body(body.clone());
        request.header("content-type", "application/json").send().await.unwrap().status()
    };

    eventually("the key is known", STORED_LIMIT, async || {
        (send().await == StatusCode::ACCEPTED).then_some(())
    })
    .await;
    operator.does(&format!("key revoke {}", key["key_id"].as_str().unwrap())).await;
    eventually("it is so no longer", STORED_LIMIT, async || {
        (send().await == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;

    let kept = "select name || ' ' || length(secret_sha256) from ingest_keys";
    let kept: String = system.database.client().await.query_one(kept, &[]).await.unwrap().get(0);
    assert_eq!(kept, "Backend 32");
    let listed = operator.run("key list").await;
    assert!(!String::from_utf8(listed.stdout).unwrap().contains(&key["key"].as_str().unwrap()[18..]));
}

#[tokio::test]
async fn settings_of_a_project_are_those_that_were_set() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let operator = Operator::of(&database, &broker);
    let added = operator.does("project add alpha --name Alpha").await;
    assert_eq!((&added["allowed_origins"], &added["honour_gpc"]), (&json!([]), &json!(true)));

    let set = operator.does("project origins alpha https://example.com https://*.example.org").await;
    assert_eq!(set["allowed_origins"], json!(["https://example.com", "https://*.example.org"]));
    assert_eq!(operator.does("project origins alpha").await, set, "asked only");
    assert_eq!(operator.does("project origins alpha --any").await["allowed_origins"], json!([]));
    let private = operator.does("project privacy alpha --gpc off --dnt on").await;
    assert_eq!((&private["honour_gpc"], &private["honour_dnt"]), (&json!(false), &json!(true)));
    assert_eq!(private["keep_bots"], false);
    let keeping = operator.does("project bots alpha --keep on").await;
    assert_eq!((&keeping["keep_bots"], &keeping["honour_dnt"]), (&json!(true), &json!(true)));
    assert_eq!(operator.does("project bots alpha").await, keeping, "asked only");
    assert_eq!(operator.does("project show alpha").await, keeping);
    assert_eq!(operator.does("project list").await, json!([keeping]));
}

#[tokio::test]
async fn what_waited_for_its_project_is_counted_once_however_often_it_is_replayed() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let operator = Operator::of(&database, &broker);
    store(&database, &[envelope("late", vec![impression("https://example.com/"); 3])]).await;

    let listed = operator.does("quarantine list --project late").await;
    assert_eq!(
        (&listed["counts"][0]["reason"], &listed["counts"][0]["count"]),
        (&json!("unknown_project"), &json!(3))
    );
    let (code, early) = operator.asks("quarantine replay --all").await;
    assert_eq!((code, &early["stay"]), (Some(1), &json!(3)), "{early}");
    operator.does("project add late --name Late").await;
    let id = listed["entries"][0]["quarantine_id"].as_i64().unwrap();
    let one = operator.does(&format!("quarantine replay {id}")).await;
    let rest = operator.does("quarantine replay --reason unknown_project").await;
    let again = operator.does("quarantine replay --all").await;

    assert_eq!((&one["events"], &rest["events"], &again["events"]), (&json!(1), &json!(2), &json!(0)));
    assert_eq!(assert_rollups_equal_a_recount(&database.client().await).await, (3, 0));
    assert_eq!(operator.does("quarantine list").await, json!({ "counts": [], "entries": [] }));
}

#[tokio::test]
async fn an_entry_is_shown_without_obeying_it_and_purged_when_asked() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let operator = Operator::of(&database, &broker);
    operator.does("project add alpha --name Alpha").await;
    let hostile = "https://example.com/\u{1b}[2J\0";
    store(&database, &[envelope("alpha", vec![impression(hostile), impression("https://example.com/")])])
        .await;
    let listed = operator.does("quarantine list").await;
    let id = listed["entries"][0]["quarantine_id"].as_i64().unwrap();

    let shown = operator.run(&format!("quarantine show {id}")).await;
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("[2J") && !shown.contains('\u{1b}'), "{shown}");
    operator.fails(2, "quarantine purge").await;
    operator.fails(2, "quarantine purge --reason refused").await;
    assert_eq!(operator.does("quarantine purge --before 2020-01-01").await["purged"], 0);
    let would = operator.does(&format!("quarantine purge {id} --dry-run")).await;
    assert_eq!((&would["purged"], &would["would_purge"]), (&json!(0), &json!(1)));
    assert_eq!(operator.does(&format!("quarantine purge {id}")).await["purged"], 1);
    operator.fails(1, &format!("quarantine show {id}")).await;
    let ledger = "select quarantined_count from ingest_ledger";
    assert_eq!(database.client().await.query_one(ledger, &[]).await.unwrap().get::<_, i32>(0), 1);
}

#[tokio::test]
async fn the_doctor_tells_what_is_wrong_and_what_to_change() {
    let system = System::start().await;
    let operator = Operator::of(&system.database, &system.broker);
    let state = async |name: &str| operator.finds(name).await;
    for sound in [
        "synchronous_commit",
        "schema version",
        "partitions ahead",
        "default partitions",
        "rights beyond need",
        "rights missing",
        "settings by user",
        "server",
        "standbys",
        "retention",
        "queues",
        "queue arguments",
        "consumers",
        "parked messages",
        "quarantine",
    ] {
        assert_eq!(state(sound).await, "ok", "{sound}");
    }

    let client = system.database.client().await;
    client.batch_execute("grant delete on ingest_ledger to footfall_write").await.unwrap();
    assert_eq!(state("rights beyond need").await, "bad");
    client.batch_execute("revoke delete on ingest_ledger from footfall_write; revoke insert on quarantine from footfall_write").await.unwrap();
    assert_eq!(
        (state("rights beyond need").await, state("rights missing").await),
        ("ok".to_owned(), "bad".to_owned())
    );
    client
        .batch_execute(
            "insert into analytics_impressions (project_id, created_at) values ('alpha', '2019-01-01')",
        )
        .await
        .unwrap();
    assert_eq!(state("default partitions").await, "warn");
    client.batch_execute("delete from refinery_schema_history where version > 6").await.unwrap();
    assert_eq!(state("schema version").await, "bad");
    assert_eq!(operator.asks("doctor").await.0, Some(1));

    let elsewhere = Operator::of(&system.database, &TestBroker::create());
    let (_code, answer) = elsewhere.asks("doctor").await;
    let queues = answer["checks"].as_array().unwrap().iter().find(|check| check["name"] == "queues").unwrap();
    assert_eq!(queues["state"], "bad", "{queues}");
}

#[tokio::test]
async fn a_writer_stores_nothing_where_commits_are_not_safe_unless_it_is_told_to() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let url = format!("{}?options=-c%20synchronous_commit%3Doff", database.url());
    let settings = [
        ("AMQP_URL", broker.url()),
        ("FOOTFALL_QUEUE_PREFIX", broker.prefix()),
        ("DATABASE_URL", &url),
        ("FOOTFALL_OPS_ADDR", "127.0.0.1:0"),
    ];
    let ready = async |writer: &Service| {
        let answer = reqwest::get(format!("{}/readyz", writer.ops_url())).await.ok()?;
        answer.status().is_success().then_some(())
    };

    let mut refusing = Service::spawn("writer", &settings).await;
    let ended = refusing.wait_for_end(STORED_LIMIT).await;
    let allowed =
        Service::spawn("writer", &[&settings[..], &[("FOOTFALL_ALLOW_UNSAFE", "true")]].concat()).await;
    eventually("the one that was told to is ready", STORED_LIMIT, async || ready(&allowed).await).await;

    assert_eq!(ended.and_then(|status| status.code()), Some(1));
    for writer in [&refusing, &allowed] {
        let log = writer.log_lines().join("\n");
        assert!(log.contains("synchronous_commit is off"), "{log}");
    }
}

#[tokio::test]
async fn retention_is_shown_and_set_and_a_maintenance_says_what_it_did() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let operator = Operator::of(&database, &broker);
    let client = database.client().await;
    let old =
        "select ensure_partitions((now() - interval '4 months')::date, (now() - interval '4 months')::date)";
    client.batch_execute(old).await.unwrap();
    assert_eq!(
        operator.does("retention").await,
        json!({ "raw_months": 24, "rollup_months": 0, "ledger_days": 30 })
    );
    assert_eq!(operator.does("maintain").await["dropped"], json!([]));

    let set = operator.does("retention --raw-months 3 --rollup-months 6").await;
    assert_eq!(set, json!({ "raw_months": 3, "rollup_months": 6, "ledger_days": 30 }));
    assert_eq!(operator.does("retention --ledger-days 60").await["ledger_days"], 60);
    assert!(operator.fails(1, "retention --ledger-days 7").await.contains("8 days at least"));
    let refused = operator.fails(1, "retention --rollup-months 2").await;
    assert!(refused.contains("at least as long"), "{refused}");
    let report = operator.does("maintain").await;

    assert_eq!(report["dropped"].as_array().map(Vec::len), Some(2), "{report}");
    assert_eq!((&report["months_ahead"], &report["given_up"]), (&json!(3), &json!([])));
}

#[tokio::test]
async fn a_counter_changed_by_hand_is_named_by_verify_and_put_right_by_rebuild() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let operator = Operator::of(&database, &broker);
    assert_eq!(operator.does("verify").await["days"], 0, "nothing is there yet");
    operator.does("project add alpha --name Alpha").await;
    store(&database, &[envelope("alpha", vec![impression("https://example.com/page"); 3])]).await;
    let client = database.client().await;
    let today = "select (now() at time zone 'UTC')::date::text";
    let today: String = client.query_one(today, &[]).await.unwrap().get(0);
    assert_eq!(operator.does("verify").await["differences"], json!([]));

    client.batch_execute("update daily_analytics_stats set impressions_count = 4").await.unwrap();
    let (code, found) = operator.asks(&format!("verify --from {today} --to {today} --project alpha")).await;
    let difference = json!({ "rollup": "daily_analytics_stats", "project_id": "alpha", "date": today, "key": "",
                             "stored": "4 + 0", "counted": "3 + 0" });
    assert_eq!((code, &found["differences"]), (Some(1), &json!([difference])));
    let said = operator.run("verify").await;
    let (said, progress) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(
        said.contains("daily_analytics_stats alpha") && said.contains("kept 4 + 0, counted 3 + 0"),
        "{said}"
    );
    assert!(progress.contains("day 1 of 1"), "{progress}");

    let rebuilt = operator.does(&format!("rebuild --from {today} --to {today}")).await;
    assert_eq!(rebuilt["differing_project_days"], 1, "{rebuilt}");
    assert_eq!(operator.does("verify").await["differences"], json!([]));
    assert_eq!(assert_rollups_equal_a_recount(&client).await, (3, 0));
    operator.fails(2, "rebuild --from 2026-11-23").await;
    operator.fails(2, &format!("rebuild --from {today} --to 2020-01-01")).await;
    let expired = operator.does("rebuild --from 2020-01-01 --to 2020-01-02").await;
    assert_eq!((&expired["days"], &expired["days_without_rows"]), (&json!(0), &json!(2)));
}

#[tokio::test]
async fn a_wrong_command_ends_with_2_and_one_that_is_refused_with_1() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let operator = Operator::of(&database, &broker);
    let nowhere =
        Operator { settings: vec![("DATABASE_URL", "postgres://me:s3cret@127.0.0.1:1/none".to_owned())] };

    operator.fails(2, "project add Upper --name Name").await;
    operator.fails(2, "project origins alpha example.com").await;
    operator.fails(2, "key add --name Name").await;
    let unset = Operator { settings: vec![] }.fails(2, "project list").await;
    assert!(unset.contains("DATABASE_URL is not set"), "{unset}");
    for (command, advice) in [
        ("project show nobody", "footfall project list"),
        ("key add --project nobody --name Name", "footfall project list"),
        ("key revoke 0123456789ab", "footfall key list"),
    ] {
        let refused = operator.fails(1, command).await;
        assert!(refused.contains(advice), "{command}: {refused}");
    }
    operator.does("project add alpha --name Alpha").await;
    operator.fails(1, "project add alpha --name Again").await;
    let away = nowhere.fails(1, "project list").await;
    assert!(away.contains("DATABASE_URL") && !away.contains("s3cret"), "{away}");
}

#[tokio::test]
async fn the_doctor_sees_what_was_changed_by_hand_and_what_is_overdue() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let operator = Operator::of(&database, &broker);
    let client = database.client().await;
    for (wrong, mended, check) in [
        (
            "grant select on ingest_keys to footfall_read",
            "revoke select on ingest_keys from footfall_read",
            "rights beyond need",
        ),
        (
            "revoke execute on function lock_projects_with_rules from footfall_write",
            "grant execute on function lock_projects_with_rules to footfall_write",
            "rights missing",
        ),
        (
            "do $$ begin execute format('alter database %I set synchronous_commit = False', current_database()); end $$",
            "do $$ begin execute format('alter database %I reset synchronous_commit', current_database()); end $$",
            "settings by user",
        ),
    ] {
        client.batch_execute(wrong).await.unwrap();
        assert_eq!(operator.finds(check).await, "bad", "{wrong}");
        client.batch_execute(mended).await.unwrap();
        assert_eq!(operator.finds(check).await, "ok", "{mended}");
    }
    assert_eq!(operator.finds("broker nodes").await, "warn", "the tests' broker is one");
    let expired = "create table analytics_events_2019_01 partition of analytics_events
                   for values from ('2019-01-01 00:00Z') to ('2019-02-01 00:00Z');
                   alter table analytics_events_2019_01 owner to footfall_migrate";
    client.batch_execute(expired).await.unwrap();
    assert_eq!(operator.finds("retention").await, "warn");
}
