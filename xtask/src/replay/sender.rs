//! Pages through the collector, as their visitors' browsers would have sent them.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::{StreamExt, stream};
use indicatif::ProgressBar;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use shared::ids::EnvelopeId;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use super::Arguments;
use super::pages::{Page, Pages};
use super::summary::{Summary, progress_bar};

/// Longest wait for one answer, in seconds; longer than the collector waits for the broker.
const ANSWER_LIMIT_S: u64 = 60;
/// How often an envelope is sent before it counts as refused.
const TRIES_MAX: u32 = 30;
/// Wait before sending again where the collector names none, in seconds.
const RETRY_WAIT_S: u64 = 1;
/// Longest wait that a collector may ask for, in seconds.
const RETRY_WAIT_S_MAX: u64 = 60;

/// Sends every page of the log.
///
/// # Errors
/// When the log can't be read, or nothing answers at `collector_url`.
pub(super) async fn send(arguments: &Arguments, collector_url: &str) -> Result<Summary> {
    let sender = Sender::connect(collector_url).await?;
    let bar = progress_bar(fs::metadata(&arguments.file).context("looking at the log")?.len());
    let mut pages = Pages::open(&arguments.file, &arguments.site)?;
    let mut summary = Summary::new(
        "safe in the queue: stored, or about to be; robots' are dropped unless the project keeps them",
    );
    send_pages(&sender, &mut pages, arguments, &bar, &mut summary).await?;
    bar.finish_and_clear();
    summary.read(pages);
    Ok(summary)
}

async fn send_pages(
    sender: &Sender,
    pages: &mut Pages,
    arguments: &Arguments,
    bar: &ProgressBar,
    summary: &mut Summary,
) -> Result<()> {
    let project_id = arguments.project.as_str();
    let pace = arguments.rate.map(pace);
    let requests = stream::unfold((pages, pace), async |(pages, mut pace)| {
        if let Some(pace) = &mut pace {
            pace.tick().await;
        }
        let page = pages.next_page().transpose()?;
        bar.set_position(pages.bytes_read);
        Some((page, (pages, pace)))
    });
    let deliveries =
        requests.map(async |page| Ok::<_, anyhow::Error>(sender.deliver(project_id, &page?).await));
    let mut outcomes = std::pin::pin!(deliveries.buffer_unordered(usize::from(arguments.concurrency)));
    let mut answered: u64 = 0;
    while let Some(outcome) = outcomes.next().await {
        match outcome? {
            Ok(()) => summary.accept(1),
            Err(reason) => summary.refuse(&reason, 1),
        }
        answered += 1;
        bar.set_message(format!("{answered} answered"));
    }
    Ok(())
}

fn pace(per_second: u32) -> Interval {
    let mut pace = interval(Duration::from_secs(1) / per_second);
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    pace
}

struct Sender {
    http: Client,
    url: String,
}

/// The part of a refusal that is counted.
#[derive(Deserialize)]
struct Refusal {
    error: RefusalCode,
}

#[derive(Deserialize)]
struct RefusalCode {
    code: String,
}

impl Sender {
    async fn connect(collector_url: &str) -> Result<Self> {
        let http = Client::builder().timeout(Duration::from_secs(ANSWER_LIMIT_S)).build()?;
        let answer = http.get(collector_url).send().await;
        answer
            .with_context(|| format!("there is no collector at {collector_url}: start `cargo xtask run`"))?;
        Ok(Self { http, url: format!("{}/v1/events", collector_url.trim_end_matches('/')) })
    }

    /// Sends one page until it is accepted or refused; the same bytes with the same envelope id each time, which the
    /// ledger counts once.
    ///
    /// # Errors
    /// Why it was refused, as the collector calls it.
    async fn deliver(&self, project_id: &str, page: &Page) -> Result<(), String> {
        let body = body(project_id, page).to_string();
        let headers = headers(page);
        let mut last_problem = String::new();
        for _ in 0..TRIES_MAX {
            let answer = self.http.post(&self.url).headers(headers.clone()).body(body.clone()).send().await;
            let wait_s = match answer {
                Ok(answer) if answer.status() == StatusCode::ACCEPTED => return Ok(()),
                Ok(answer) if may_pass(answer.status()) => {
                    let wait_s = retry_after_s(&answer);
                    last_problem = refusal(answer).await;
                    wait_s
                }
                Ok(answer) => return Err(refusal(answer).await),
                Err(problem) => {
                    last_problem =
                        if problem.is_timeout() { "no answer in time" } else { "no connection" }.to_owned();
                    RETRY_WAIT_S
                }
            };
            sleep(Duration::from_secs(wait_s)).await;
        }
        Err(format!("given up after {TRIES_MAX} tries: {last_problem}"))
    }
}

fn may_pass(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

fn retry_after_s(answer: &Response) -> u64 {
    let asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    asked.unwrap_or(RETRY_WAIT_S).min(RETRY_WAIT_S_MAX)
}

async fn refusal(answer: Response) -> String {
    let status = answer.status().as_u16();
    match answer.json::<Refusal>().await {
        Ok(refusal) => format!("{status} {}", refusal.error.code),
        Err(_) => status.to_string(),
    }
}

fn body(project_id: &str, page: &Page) -> serde_json::Value {
    let mut event = json!({ "type": "impression", "url": page.url, "age_ms": 0 });
    if let Some(referrer) = &page.referrer {
        event["referrer"] = json!(referrer);
    }
    json!({
        "envelope_id": EnvelopeId::mint(),
        "project_id": project_id,
        "visitor_id": page.identity.visitor_id,
        "session_id": page.identity.session_id,
        "events": [event],
    })
}

/// A user agent that no header can hold is left out.
fn headers(page: &Page) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(address) = HeaderValue::try_from(page.address.to_string()) {
        headers.insert("x-forwarded-for", address);
    }
    if let Some(user_agent) = page.user_agent.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
        headers.insert(USER_AGENT, user_agent);
    }
    headers
}
