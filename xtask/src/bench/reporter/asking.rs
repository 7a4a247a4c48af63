//! A reporter as it ships, a key for it, and the clients that ask it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use e2e::ask::{Asked, Plan};
use e2e::usage;
use serde_json::Value;
use shared::secret_key::{MintedKey, READER_PREFIX};
use testkit::Service;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::history::History;
use super::raw::Questions;
use crate::bench::database::{as_role, connect};
use crate::bench::stage::json_of;
use crate::steps::step;
use crate::workspace::Workspace;

/// Longest wait until the reporter answers, in seconds.
const READY_LIMIT_S: u64 = 30;
/// Pause between two tries, in milliseconds.
const POLL_MS: u64 = 50;
/// Longest run of the clients, in seconds.
const ASK_LIMIT_S: u64 = 120;
/// When clients ask no more, in milliseconds.
const CLIENTS_LIMIT_MS: u64 = 20_000;
/// Answers before any is timed: statements are prepared, and pages are in memory.
const WARM_UP_CALLS: u64 = 64;
/// Bytes in a megabyte, as memory is told.
const MB: f64 = 1024.0 * 1024.0;
/// Every report but the dashboard, as one asks for it.
const OTHER_REPORTS: [&str; 15] = [
    "interactions",
    "impressions",
    "top-widgets",
    "impressions-by-widget",
    "impressions-by-location",
    "impressions-by-location?cluster=grid&zoom=4",
    "dropped",
    "breakdown?dimension=page",
    "breakdown?dimension=referrer",
    "breakdown?dimension=country",
    "breakdown?dimension=interaction_type",
    "visitors",
    "funnel",
    "questions",
    "contact-labels",
];

/// Whether answers are kept for those who ask the same within half a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cache {
    /// Each answer is read.
    Off,
    /// As it ships.
    On,
}

/// A running reporter with a key.
pub(super) struct Reporter {
    service: Service,
    key: String,
    programs: PathBuf,
    period_ends: time::Date,
}

/// The same reporter, asked with another key.
pub(super) struct WithKey<'a> {
    reporter: &'a Reporter,
    key: String,
}

impl Reporter {
    /// Starts one, with the rights of its role, and a key that sees every project; it answers when this returns.
    ///
    /// # Errors
    /// When it does not in time.
    pub(super) async fn start(workspace: &Workspace, history: &History, cache: Cache) -> Result<Self> {
        let programs = workspace.target.join("release");
        let url = as_role(history.url(), "footfall_read");
        let mut settings = vec![
            ("DATABASE_URL", url.as_str()),
            ("FOOTFALL_PUBLIC_ADDR", "127.0.0.1:0"),
            ("FOOTFALL_OPS_ADDR", "127.0.0.1:0"),
            // Nobody is refused here for asking much.
            ("FOOTFALL_KEY_REQUESTS_PER_S", "0"),
        ];
        if cache == Cache::Off {
            settings.push(("FOOTFALL_ANSWER_TTL_MS", "0"));
        }
        let service = Service::spawn_from(&programs, "reporter", &settings).await;
        let key = make_key(history, &[]).await?;
        let reporter = Self { service, key, programs, period_ends: history.last_day() };
        reporter.until_answering().await?;
        Ok(reporter)
    }

    /// The same, with a key to which every project was given by name.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) async fn with_listed_projects(&self, history: &History) -> Result<WithKey<'_>> {
        let ids: Vec<String> = e2e::workload::projects().map(|(id, _)| id).collect();
        Ok(WithKey { reporter: self, key: make_key(history, &ids).await? })
    }

    /// The dashboard's question.
    pub(super) fn overview_question(&self, days: i64, zone: &str) -> String {
        self.question("overview", days, zone)
    }

    /// Every other report's, of the same period in UTC.
    pub(super) fn other_questions(&self, days: i64) -> Vec<String> {
        OTHER_REPORTS.iter().map(|report| self.question(report, days, "UTC")).collect()
    }

    fn question(&self, report: &str, days: i64, zone: &str) -> String {
        let to = self.period_ends;
        let from = to - time::Duration::days(days - 1);
        let join = if report.contains('?') { '&' } else { '?' };
        format!("/v1/reports/{report}{join}from={from}&to={to}&tz={zone}")
    }

    /// The dashboard, as it is answered.
    ///
    /// # Errors
    /// When it is not.
    pub(super) async fn overview(&self, questions: &Questions, zone: &str) -> Result<Value> {
        let Questions { from, to, .. } = questions;
        self.answer(&format!("/v1/reports/overview?from={from}&to={to}&tz={zone}")).await
    }

    /// What a question is answered.
    ///
    /// # Errors
    /// When the answer is no 200.
    pub(super) async fn answer(&self, question: &str) -> Result<Value> {
        let url = format!("{}{question}", self.service.public_url());
        let answer = reqwest::Client::new().get(url).bearer_auth(&self.key).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            bail!("{question} was answered {status}: {text}");
        }
        serde_json::from_str(&text).with_context(|| format!("reading the answer to {question}"))
    }

    /// Lets clients ask, after a warm-up.
    ///
    /// # Errors
    /// When one is not answered.
    pub(super) async fn ask(
        &self,
        who: &str,
        questions: &[String],
        clients: usize,
        calls: u64,
    ) -> Result<Asked> {
        self.ask_with(&self.key, who, questions, clients, calls).await
    }

    async fn ask_with(
        &self,
        key: &str,
        who: &str,
        questions: &[String],
        clients: usize,
        calls: u64,
    ) -> Result<Asked> {
        let addr: SocketAddr = self.service.public_url().trim_start_matches("http://").parse()?;
        let warm_up_calls = WARM_UP_CALLS.max(clients as u64);
        let questions = questions.to_vec();
        let plan = Plan {
            addr,
            key: key.to_owned(),
            questions,
            clients,
            warm_up_calls,
            measured_calls: calls,
            limit_ms: CLIENTS_LIMIT_MS,
        };
        let mut program = Command::new(self.programs.join("bench-ask"));
        program.arg(serde_json::to_string(&plan)?);
        step(
            &format!("asking: {who}"),
            json_of(&mut program, Duration::from_secs(ASK_LIMIT_S)),
            |asked: &Asked| {
                let refused =
                    if asked.refused > 0 { format!(", {} REFUSED", asked.refused) } else { String::new() };
                format!("{who}: p50 {:.2} ms, p99 {:.2} ms{refused}", asked.p50_ms(), asked.p99_ms())
            },
        )
        .await
    }

    /// The most memory that it held, in megabytes.
    ///
    /// # Errors
    /// When it is gone.
    pub(super) fn rss_mb(&self) -> Result<f64> {
        Ok(usage::memory_peak_bytes(self.service.pid())? as f64 / MB)
    }

    async fn until_answering(&self) -> Result<()> {
        let (url, deadline) = (
            format!("{}/readyz", self.service.ops_url()),
            Instant::now() + Duration::from_secs(READY_LIMIT_S),
        );
        while Instant::now() < deadline {
            if reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            sleep(Duration::from_millis(POLL_MS)).await;
        }
        bail!("the reporter is not ready within {READY_LIMIT_S} s: {}", self.service.log_lines().join("\n"))
    }
}

impl WithKey<'_> {
    /// As [`Reporter::ask`].
    ///
    /// # Errors
    /// The same.
    pub(super) async fn ask(
        &self,
        who: &str,
        questions: &[String],
        clients: usize,
        calls: u64,
    ) -> Result<Asked> {
        self.reporter.ask_with(&self.key, who, questions, clients, calls).await
    }
}

/// A new key that sees these projects; all there are, where none is named.
async fn make_key(history: &History, projects: &[String]) -> Result<String> {
    let key = MintedKey::mint(READER_PREFIX).context("asking the operating system for random bytes")?;
    let client = connect(history.url()).await?;
    let sql = "insert into api_keys (key_id, name, secret_sha256, all_projects) values ($1, 'bench', $2, $3)";
    let (id, hash) = (key.key_id().to_owned(), key.secret_sha256().to_vec());
    client.execute(sql, &[&id, &hash, &projects.is_empty()]).await?;
    let sql = "insert into api_key_projects (key_id, project_id) select $1, unnest($2::text[])";
    client.execute(sql, &[&id, &projects]).await?;
    Ok(key.text())
}
