//! SIGTERM finishes what is in flight and exits 0.

use std::collections::BTreeSet;

use testkit::{Service, TestDatabase};

use crate::support::{System, impression, reporter};

#[tokio::test]
async fn services_that_are_stopped_under_load_keep_what_they_promised_and_exit_with_0() {
    let mut system = System::start().await;
    let urls: BTreeSet<String> = (0..100).map(|place| format!("https://example.com/{place}")).collect();
    let sending = urls.iter().map(|url| async { system.accepted(&impression("alpha", url)).await });
    futures_util::future::join_all(sending).await;

    let collector = system.collector.terminate().await;
    let writer = system.writer.terminate().await;
    system.replace_writer().await;

    assert!(collector.success() && writer.success(), "{collector}, {writer}");
    system.stored("analytics_impressions", 100).await;
    system.assert_stored_exactly(&urls).await;
}

#[tokio::test]
async fn a_reporter_that_is_stopped_exits_with_0() {
    let database = TestDatabase::create().await;
    let mut reporter = reporter(&database.url()).await;

    assert!(reporter.terminate().await.success());
}

#[tokio::test]
async fn services_stop_in_good_order_while_broker_and_database_are_away() {
    let settings = [
        ("AMQP_URL", "amqp://guest:guest@127.0.0.1:1/%2f"),
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nowhere"),
        ("FOOTFALL_PUBLIC_ADDR", "127.0.0.1:0"),
        ("FOOTFALL_OPS_ADDR", "127.0.0.1:0"),
    ];
    for name in ["collector", "writer", "reporter"] {
        let mut service = Service::spawn(name, &settings).await;
        let alive = reqwest::get(format!("{}/livez", service.ops_url())).await.unwrap();

        assert!(alive.status().is_success(), "{name} lives");
        assert!(service.terminate().await.success(), "{name} exits with 0");
    }
}

#[tokio::test]
async fn a_service_that_is_set_up_wrong_says_everything_that_is_wrong_and_exits_with_1() {
    let exe = std::env::current_exe().unwrap();
    let writer = exe.ancestors().map(|dir| dir.join("writer")).find(|path| path.is_file()).unwrap();

    let output = std::process::Command::new(writer)
        .env_clear()
        .env("DATABASE_URL", "not a url, but s3cret")
        .env("FOOTFALL_BATCH_ROWS", "0")
        .env("FOOTFALL_LOG", "writer=loud")
        .output()
        .unwrap();

    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    for name in ["4 setting(s)", "AMQP_URL", "DATABASE_URL", "FOOTFALL_BATCH_ROWS", "FOOTFALL_LOG"] {
        assert!(said.contains(name), "{name} is missing in: {said}");
    }
    assert!(!said.contains("s3cret"), "{said}");
}
