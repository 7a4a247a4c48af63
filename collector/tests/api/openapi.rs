//! The API's description of itself.

use reqwest::{Method, StatusCode};

use crate::support::{Collector, refusal};

#[tokio::test]
async fn the_document_is_answered_as_it_is_in_the_folder() {
    let collector = Collector::new().await;

    let answer = collector.client.get(format!("{}/openapi.json", collector.url)).send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.text().await.unwrap(), include_str!("../../openapi.json"));
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_told_which_it_does() {
    let collector = Collector::new().await;
    for (method, path, allowed) in [
        (Method::GET, "/v1/events", "POST"),
        (Method::POST, "/v1/pixel.gif", "GET"),
        (Method::DELETE, "/openapi.json", "GET"),
    ] {
        let answer =
            collector.client.request(method, format!("{}{path}", collector.url)).send().await.unwrap();

        assert_eq!(answer.headers()["allow"], allowed, "{path}");
        assert_eq!(refusal(answer).await, (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed".to_owned()));
    }
}
