//! What is refused over HTTP; the fields' own rules are tested beside the parser.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Collector, body, refusal};

#[tokio::test]
async fn each_wrong_request_is_told_what_is_wrong_with_it() {
    let collector = Collector::new().await.connected().await;
    let url = |path: &str| format!("{}{path}", collector.url);
    let cases = [
        (collector.post("{"), StatusCode::BAD_REQUEST, "not_json"),
        (collector.post(json!({})), StatusCode::UNPROCESSABLE_ENTITY, "missing_field"),
        (collector.post(" ".repeat(65_537)), StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
        (
            collector.client.post(url("/v1/events")).header("content-type", "text/html").body("{}"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
        ),
        (
            collector.client.post(url("/v1/events")).body("{}"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
        ),
        (collector.client.get(url("/v1/events")), StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        (collector.client.get(url("/")), StatusCode::NOT_FOUND, "not_found"),
    ];
    for (request, status, code) in cases {
        assert_eq!(refusal(request.send().await.unwrap()).await, (status, code.to_owned()));
    }
}

#[tokio::test]
async fn a_body_is_taken_at_its_largest() {
    let collector = Collector::new().await.connected().await;
    let body = body().to_string();
    let largest = format!("{body}{}", " ".repeat(65_536 - body.len()));

    assert_eq!(collector.post(largest).send().await.unwrap().status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_bad_field_is_named_with_its_path() {
    let collector = Collector::new().await.connected().await;
    let mut body = body();
    body["events"][0]["url"] = json!("/prices");

    let answer: Value = collector.post(&body).send().await.unwrap().json().await.unwrap();

    assert_eq!(
        answer,
        json!({"error": {
            "code": "bad_url",
            "field": "events[0].url",
            "message": "events[0].url must be a full URL, as https://example.com/"
        }})
    );
}
