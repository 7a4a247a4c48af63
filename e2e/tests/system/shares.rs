//! A share link from its making to its end, and that its secret stays out of whatever is written down.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use testkit::{Service, TestBroker, TestDatabase, eventually};

use crate::operators::Operator;
use crate::support::STORED_LIMIT;

/// A reporter that writes down all it can, with a login that may do nothing but read.
async fn talkative_reporter(database: &TestDatabase) -> Service {
    let url = format!("{}?options=-c%20role%3Dfootfall_read", database.url());
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("FOOTFALL_PUBLIC_ADDR", "127.0.0.1:0"),
        ("FOOTFALL_OPS_ADDR", "127.0.0.1:0"),
        ("FOOTFALL_LOG", "trace"),
    ];
    Service::spawn("reporter", &settings).await
}

async fn status(reporter: &Service, path: &str, share: &str) -> StatusCode {
    let join = if path.contains('?') { '&' } else { '?' };
    let url = format!("{}/v1/{path}{join}share={share}", reporter.public_url());
    reqwest::get(url).await.unwrap().status()
}

#[tokio::test]
async fn a_share_link_opens_its_project_until_it_is_revoked() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let operator = Operator::of(&database, &broker);
    operator.does("project add alpha --name Alpha").await;
    operator.does("project add beta --name Beta").await;
    let key = operator.does("key add --project alpha --name Owner").await;
    let key_id = key["key_id"].as_str().unwrap();

    let made = operator.does("share create --project alpha --name Board --expires-in-days 30").await;
    let (token, share_id) = (made["share"].as_str().unwrap(), made["share_id"].as_str().unwrap());
    assert!(token.starts_with(&format!("ffs_{share_id}_")) && made["expires_at"].is_string(), "{made}");
    operator.fails(1, "share create --project nobodys --name Board").await;
    operator.fails(1, &format!("share create --project beta --name Board --key {key_id}")).await;
    operator.fails(2, "share create --name Board").await;
    operator.fails(2, "share create --project alpha --name Board --expires-in-days 0").await;
    let of_key = operator.does(&format!("share create --project alpha --name Wall --key {key_id}")).await;

    let reporter = talkative_reporter(&database).await;
    for token in [token, of_key["share"].as_str().unwrap()] {
        assert_eq!(status(&reporter, "reports/overview", token).await, StatusCode::OK);
    }
    operator.does(&format!("share revoke {share_id}")).await;
    operator.fails(1, "share revoke 000000000000").await;
    operator.does(&format!("key revoke {key_id}")).await;
    eventually("both to be refused", STORED_LIMIT, async || {
        let first = status(&reporter, "reports/overview", token).await;
        let second = status(&reporter, "reports/overview", of_key["share"].as_str().unwrap()).await;
        (first == StatusCode::UNAUTHORIZED && second == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;

    let listed = operator.does("share list").await;
    let holds: Vec<&Value> = listed.as_array().unwrap().iter().map(|share| &share["holds"]).collect();
    assert_eq!(holds, [false, false], "{listed}");
    let listed = operator.run("share list").await;
    assert!(!String::from_utf8(listed.stdout).unwrap().contains(&token[17..]));
}

#[tokio::test]
async fn a_link_s_secret_is_written_down_nowhere() {
    let (database, broker) = (TestDatabase::create().await, TestBroker::create());
    let operator = Operator::of(&database, &broker);
    operator.does("project add alpha --name Alpha").await;
    let made = operator.does("share create --project alpha --name Board").await;
    let token = made["share"].as_str().unwrap();
    let reporter = talkative_reporter(&database).await;

    // Well, in trouble of every kind, and with our fault in it.
    for path in ["reports/overview", "reports/nothing", "reports/overview?nonsense=1", "receipts/nonsense"] {
        status(&reporter, path, token).await;
        status(&reporter, path, &format!("{}0", &token[..token.len() - 1])).await;
        status(&reporter, path, &format!("{token}0")).await;
        // Only the last of what it says is kept.
        assert_unwritten(token, &reporter.log_lines().join("\n"));
    }
    database.client().await.batch_execute("alter table quarter_hour_stats rename to gone").await.unwrap();
    eventually("a failure that is logged", Duration::from_secs(20), async || {
        let failed = status(&reporter, "reports/overview", token).await;
        (failed == StatusCode::INTERNAL_SERVER_ERROR).then_some(())
    })
    .await;

    let metrics =
        reqwest::get(format!("{}/metrics", reporter.ops_url())).await.unwrap().text().await.unwrap();
    let log = reporter.log_lines().join("\n");
    assert!(log.contains("a question failed"), "{log}");
    assert_unwritten(token, &log);
    assert_unwritten(token, &metrics);
}

/// Eight digits of the secret are enough to look for: whatever cuts it short is a leak, too.
#[track_caller]
fn assert_unwritten(token: &str, written: &str) {
    assert!(!written.contains(&token[17..25]), "{written}");
}
