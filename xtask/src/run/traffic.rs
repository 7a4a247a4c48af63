//! Demo traffic: a few visitors at a time, from many countries, who look, open, ask and leave.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

mod cast;

use cast::Visit;

/// Requests a second, about.
const REQUESTS_PER_SECOND: u64 = 10;
/// Visits under way at a time.
const VISITS_MAX: usize = 40;
/// Share of requests that are an impression.
const IMPRESSION_SHARE: f64 = 0.6;
/// Longest wait for one answer, in seconds.
const ANSWER_LIMIT_S: u64 = 5;

/// Sends for ever. A refused or failed request is let go: this is a demo, and the services say it in their metrics.
///
/// # Errors
/// When there is no HTTP client to be had.
pub(super) async fn send(collector_url: &str) -> Result<()> {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(ANSWER_LIMIT_S)).build();
    let http = http.context("making an HTTP client")?;
    let url = format!("{collector_url}/v1/events");
    let mut visits: Vec<Visit> = Vec::new();
    let mut ticks = interval(Duration::from_millis(1_000 / REQUESTS_PER_SECOND));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let request = next_request(&http, &url, &mut visits);
        let _let_go = request.send().await;
    }
}

fn next_request(http: &reqwest::Client, url: &str, visits: &mut Vec<Visit>) -> reqwest::RequestBuilder {
    if visits.is_empty() || fastrand::f64() < IMPRESSION_SHARE {
        // Most impressions begin a visit; the others are a next page of one.
        let continues = visits.len() >= VISITS_MAX / 2 && fastrand::f64() < IMPRESSION_SHARE;
        if !continues {
            visits.push(Visit::begin());
        }
        let at = if continues { fastrand::usize(..visits.len()) } else { visits.len() - 1 };
        let event = visits[at].impression();
        let request = posted(http, url, &visits[at], event);
        if visits.len() > VISITS_MAX {
            visits.remove(0);
        }
        return request;
    }
    let at = fastrand::usize(..visits.len());
    let event = visits[at].interaction();
    posted(http, url, &visits[at], event)
}

fn posted(http: &reqwest::Client, url: &str, visit: &Visit, event: Value) -> reqwest::RequestBuilder {
    http.post(url)
        .header("User-Agent", visit.user_agent)
        .header("X-Forwarded-For", visit.address.to_string())
        .json(&json!({
            "envelope_id": Uuid::now_v7(),
            "project_id": visit.project_id,
            "visitor_id": visit.visitor_id,
            "session_id": visit.session_id,
            "events": [event],
        }))
}
