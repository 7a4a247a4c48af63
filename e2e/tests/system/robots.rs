//! Who is no visitor is counted, not stored; the owner sees how many, and may choose to keep them.

use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::recount::assert_rollups_equal_a_recount;

use crate::support::{STORED_LIMIT, System, impression, reporter};

const GOOGLEBOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/// Sends an impression of a robot: with a header, and with `webdriver` in its body.
async fn sent(system: &System, project: &str, header: (&str, &str), webdriver: bool) -> Value {
    let mut body = impression(project, "https://example.com/robot");
    body["webdriver"] = json!(webdriver);
    let request = system.client.post(format!("{}/v1/events", system.collector.public_url()));
    let request = request.header("content-type", "text/plain").header(header.0, header.1);
    let answer = request.body(body.to_string()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["accepted"], 1, "it is the writer that knows robots: {answer}");
    body
}

#[tokio::test]
async fn robots_are_dropped_and_told_by_reason_unless_their_project_keeps_them() {
    let system = System::start().await;
    let client = system.database.client().await;
    client.batch_execute("update projects set keep_bots = true where project_id = 'beta'").await.unwrap();
    let reporter = reporter(&system.database.url()).await;

    let crawled = sent(&system, "alpha", ("user-agent", GOOGLEBOT), false).await;
    sent(&system, "alpha", ("sec-purpose", "prefetch;prerender"), false).await;
    sent(&system, "alpha", ("accept", "*/*"), true).await;
    sent(&system, "alpha", ("user-agent", ""), false).await;
    sent(&system, "beta", ("user-agent", GOOGLEBOT), true).await;
    // The crawler tries again with the same bytes.
    let again = system.client.post(format!("{}/v1/events", system.collector.public_url()));
    let again = again.header("content-type", "text/plain").header("user-agent", GOOGLEBOT);
    assert_eq!(again.body(crawled.to_string()).send().await.unwrap().status(), StatusCode::ACCEPTED);
    system.accepted(&impression("alpha", "https://example.com/visitor")).await;
    system.stored("analytics_impressions", 2).await;
    system.queue_is_empty().await;

    let key = system.api_key().await;
    let get = async |path: &str| -> Value {
        let request = system.client.get(format!("{}/v1/{path}", reporter.public_url())).bearer_auth(&key);
        request.send().await.unwrap().json().await.unwrap()
    };
    let told = testkit::eventually("every reason is told", STORED_LIMIT, async || {
        let told = get("reports/dropped").await["dropped"].as_array().unwrap().clone();
        (told.len() == 3).then_some(told)
    })
    .await;
    let told: Vec<(&Value, &Value, &Value)> =
        told.iter().map(|entry| (&entry["project_id"], &entry["reason"], &entry["events"])).collect();
    let (alpha, one, two) = (&json!("alpha"), &json!(1), &json!(2));
    let expected =
        [(alpha, &json!("automation"), one), (alpha, &json!("bot"), two), (alpha, &json!("prefetch"), one)];
    assert_eq!(told, expected);
    let receipt = get(&format!("receipts/{}", crawled["envelope_id"].as_str().unwrap())).await;
    let project = &receipt["projects"][0];
    assert_eq!((&project["stored"], &project["dropped"]), (&json!(0), &json!(1)), "{receipt}");
    let metrics = system.metrics(&system.writer).await.unwrap();
    for line in [r#"{reason="bot"} 2"#, r#"{reason="automation"} 1"#, r#"{reason="prefetch"} 1"#] {
        assert!(
            metrics.contains(&format!("footfall_writer_events_dropped_total{line}")),
            "{line}\n{metrics}"
        );
    }
    assert_eq!(assert_rollups_equal_a_recount(&client).await, (2, 0));
}
