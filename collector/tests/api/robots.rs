//! Signs that no visitor made a request are passed on, and nothing is decided by them here.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use shared::envelope::RobotSigns;

use crate::support::{Collector, body};

/// What the collector passes on of a request with these headers and, in its body, this `webdriver`.
async fn signs(
    collector: &Collector,
    headers: &[(&'static str, &'static str)],
    webdriver: Option<bool>,
) -> RobotSigns {
    let mut body = body();
    body["webdriver"] = json!(webdriver);
    let headers =
        headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    let headers: HeaderMap = headers.collect();
    let answer = collector.post(&body).headers(headers).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let envelope = collector.next_message().await.remove(0);
    assert_eq!(envelope.events.len(), 1);
    envelope.robot
}

#[tokio::test]
async fn each_sign_is_passed_on_with_its_events() {
    let collector = Collector::new().await.connected().await;
    let none = RobotSigns::default();
    let (prefetch, webdriver) =
        (RobotSigns { prefetch: true, ..none }, RobotSigns { webdriver: true, ..none });
    let browser = ("user-agent", "Browser/1");
    for (headers, in_body, expected) in [
        (&[browser][..], None, none),
        (&[browser], Some(false), none),
        (&[browser], Some(true), webdriver),
        (&[browser, ("sec-purpose", "prefetch")], None, prefetch),
        (&[browser, ("sec-purpose", "prefetch;prerender")], None, prefetch),
        (&[browser, ("purpose", "prefetch")], None, prefetch),
        (&[browser, ("x-moz", "prefetch")], None, prefetch),
        (&[browser, ("sec-purpose", "prefetch")], Some(true), RobotSigns { prefetch: true, ..webdriver }),
        (&[browser, ("sec-purpose", "navigate"), ("purpose", ""), ("x-moz", "prefetched")], None, none),
        (&[], None, RobotSigns { no_user_agent: true, ..none }),
        (&[("user-agent", "")], None, RobotSigns { no_user_agent: true, ..none }),
    ] {
        assert_eq!(signs(&collector, headers, in_body).await, expected, "{headers:?} {in_body:?}");
    }
}

#[tokio::test]
async fn a_pixel_of_a_page_that_is_fetched_ahead_says_so() {
    let collector = Collector::new().await.connected().await;
    let pixel =
        format!("{}/v1/pixel.gif?project_id=booking-bot&url=https%3A%2F%2Fexample.com%2F", collector.url);

    let answer = collector.client.get(pixel).header("sec-purpose", "prefetch").send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::OK);
    let expected = RobotSigns { prefetch: true, webdriver: false, no_user_agent: true };
    assert_eq!(collector.next_message().await[0].robot, expected);
}
