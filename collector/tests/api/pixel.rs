//! The picture that counts where no script runs.

use reqwest::StatusCode;
use shared::event::EventKind;

use crate::support::{Collector, refusal};

#[tokio::test]
async fn a_pixel_is_an_impression_of_nobody_in_particular() {
    let collector = Collector::new().await.connected().await;
    let query = "project_id=booking-bot&url=https%3A%2F%2Fexample.com%2Fprices&cache=123";

    let answer =
        collector.client.get(format!("{}/v1/pixel.gif?{query}", collector.url)).send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "image/gif");
    assert_eq!(answer.headers()["cache-control"], "no-store", "a picture from a cache is counted by nobody");
    assert!(answer.bytes().await.unwrap().starts_with(b"GIF89a"));
    let envelope = collector.next_message().await.remove(0);
    assert_eq!((envelope.visitor_id, envelope.session_id), (None, None));
    assert!(matches!(&envelope.events[0].kind,
        EventKind::Impression { url, .. } if url == "https://example.com/prices"));
}

#[tokio::test]
async fn a_pixel_without_a_url_takes_the_page_that_shows_it() {
    let collector = Collector::new().await.connected().await;

    let request = collector.client.get(format!("{}/v1/pixel.gif?project_id=booking-bot", collector.url));
    let answer = request.header("referer", "https://example.com/page?token=s3cret").send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::OK);
    let envelope = collector.next_message().await.remove(0);
    assert!(matches!(&envelope.events[0].kind,
        EventKind::Impression { url, .. } if url == "https://example.com/page?token=redacted"));
}

#[tokio::test]
async fn a_pixel_is_refused_for_what_is_wrong_with_it() {
    let collector = Collector::new().await.connected().await;
    let cases = [
        ("", StatusCode::UNPROCESSABLE_ENTITY, "missing_field"),
        ("?project_id=Booking&url=https://example.com/", StatusCode::UNPROCESSABLE_ENTITY, "bad_project_id"),
        ("?project_id=booking-bot&url=/prices", StatusCode::UNPROCESSABLE_ENTITY, "bad_url"),
    ];
    for (query, status, code) in cases {
        let answer =
            collector.client.get(format!("{}/v1/pixel.gif{query}", collector.url)).send().await.unwrap();
        assert_eq!(refusal(answer).await, (status, code.to_owned()), "{query}");
    }
}
