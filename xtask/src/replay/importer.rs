//! Pages straight into the queue, with the log's own times: an operator's import.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use shared::clock;
use shared::envelope::{EncodedEnvelope, Envelope, RobotSigns, encode_message};
use shared::event::{Event, EventKind, URL_BYTES_MAX, USER_AGENT_BYTES_MAX};
use shared::ids::{EnvelopeId, ProjectId};
use shared::network::ClientNetwork;
use shared::queue::SessionError;
use shared::queue::rabbitmq::{PublishChannel, PublishSession, QUEUE_BYTES_DEFAULT, RabbitConfig};
use time::{Date, OffsetDateTime, UtcOffset};
use tokio::time::sleep;
use tokio_postgres::NoTls;
use uuid::Uuid;

use super::Arguments;
use super::pages::{Page, Pages};
use super::summary::{Summary, progress_bar};

/// Envelopes that share a message and its confirm.
const ENVELOPES_PER_MESSAGE: usize = 200;
/// How often a message is published before the import is given up.
const TRIES_MAX: u32 = 10;
/// Wait before publishing again, in seconds.
const RETRY_WAIT_S: u64 = 2;

/// Publishes every page of the log.
///
/// # Errors
/// When the log can't be read, the partitions can't be made, or the queue does not take a message in ten tries.
pub(super) async fn import(arguments: &Arguments, amqp_url: &str, database_url: &str) -> Result<Summary> {
    let mut summary = Summary::new(
        "safe in the queue: the writer stores them, and drops robots' unless the project keeps them",
    );
    if let Some((first, last)) = days(Pages::open(&arguments.file, &arguments.site)?)? {
        ensure_partitions(database_url, first, last).await?;
    }

    let uri = amqp_url.parse().map_err(|problem| anyhow!("the broker's URL: {problem}"))?;
    let mut publisher = Publisher::new(RabbitConfig::new(uri, &arguments.queue_prefix, QUEUE_BYTES_DEFAULT));
    let bar = progress_bar(fs::metadata(&arguments.file)?.len());
    let mut pages = Pages::open(&arguments.file, &arguments.site)?;
    let mut waiting = Vec::with_capacity(ENVELOPES_PER_MESSAGE);
    let mut published: u64 = 0;
    loop {
        let page = pages.next_page()?;
        let is_end = page.is_none();
        match page.map(|page| envelope(&arguments.project, page)) {
            Some(Ok(envelope)) => waiting.push(EncodedEnvelope::new(envelope)?),
            Some(Err(reason)) => summary.refuse(reason, 1),
            None => {}
        }
        if waiting.len() == ENVELOPES_PER_MESSAGE || (is_end && !waiting.is_empty()) {
            publisher.publish(&encode_message(&waiting)).await?;
            let confirmed = u64::try_from(waiting.len())?;
            waiting.clear();
            published += confirmed;
            summary.accept(confirmed);
            bar.set_position(pages.bytes_read);
            bar.set_message(format!("{published} confirmed"));
        }
        if is_end {
            break;
        }
    }
    bar.finish_and_clear();
    publisher.close().await;
    summary.read(pages);
    Ok(summary)
}

/// The first and the last day (UTC) of the log's pages.
fn days(mut pages: Pages) -> Result<Option<(Date, Date)>> {
    let mut days: Option<(Date, Date)> = None;
    while let Some(page) = pages.next_page()? {
        let day = page.at.to_offset(UtcOffset::UTC).date();
        days = Some(days.map_or((day, day), |(first, last)| (first.min(day), last.max(day))));
    }
    Ok(days)
}

async fn ensure_partitions(database_url: &str, first: Date, last: Date) -> Result<()> {
    let (client, connection) =
        tokio_postgres::connect(database_url, NoTls).await.context("connecting to Postgres")?;
    let connection = tokio::spawn(connection);
    // The role that owns the tables must own their partitions.
    client.batch_execute("set role footfall_migrate").await.context("becoming footfall_migrate")?;
    let made = client.query_one("select ensure_partitions($1, $2)", &[&first, &last]).await;
    let made: i32 = made.context("making the month partitions")?.get(0);
    drop(client);
    connection.await?.context("closing the connection to Postgres")?;
    println!("month partitions from {first} to {last}: {made} made");
    Ok(())
}

/// What the collector would have made of the page, but for its age.
///
/// # Errors
/// Why the collector would have refused it.
fn envelope(project_id: &ProjectId, page: Page) -> Result<Envelope, &'static str> {
    let received_at = clock::now();
    let kind =
        EventKind::Impression { url: bounded(page.url)?, referrer: page.referrer.map(bounded).transpose()? };
    let robot = RobotSigns { no_user_agent: page.user_agent.is_none(), ..RobotSigns::default() };
    Ok(Envelope {
        envelope_id: EnvelopeId::mint(),
        project_id: project_id.clone(),
        received_at,
        sent_at: None,
        client: Some(ClientNetwork::from(page.address)),
        user_agent: page.user_agent.map(|mut text| {
            text.truncate(text.floor_char_boundary(USER_AGENT_BYTES_MAX));
            text
        }),
        visitor_id: Some(page.identity.visitor_id),
        session_id: Some(page.identity.session_id),
        dropped: None,
        robot,
        events: vec![Event { age_ms: age_ms(received_at, page.at)?, kind }],
    })
}

fn bounded(text: String) -> Result<String, &'static str> {
    if text.len() > URL_BYTES_MAX || text.contains('\0') {
        Err("text_too_long, or with a NUL in it")
    } else {
        Ok(text)
    }
}

fn age_ms(received_at: OffsetDateTime, at: OffsetDateTime) -> Result<u64, &'static str> {
    u64::try_from((received_at - at).whole_milliseconds()).map_err(|_| "its time is in the future")
}

/// Publishes one message at a time, and opens a new session when one is lost.
struct Publisher {
    config: RabbitConfig,
    session: Option<(PublishSession, PublishChannel)>,
}

impl Publisher {
    fn new(config: RabbitConfig) -> Self {
        Self { config, session: None }
    }

    /// A message published twice holds the same envelopes, which the ledger counts once.
    async fn publish(&mut self, body: &[u8]) -> Result<()> {
        let message_id = Uuid::now_v7();
        let mut last_problem = String::new();
        for _ in 0..TRIES_MAX {
            match self.try_publish(message_id, body).await {
                Ok(()) => return Ok(()),
                Err(problem) => last_problem = problem,
            }
            self.session = None;
            sleep(Duration::from_secs(RETRY_WAIT_S)).await;
        }
        bail!("the queue did not take a message in {TRIES_MAX} tries: {last_problem}")
    }

    async fn try_publish(&mut self, message_id: Uuid, body: &[u8]) -> Result<(), String> {
        let (session, mut channel) = match self.session.take() {
            Some(session) => session,
            None => self.open().await.map_err(|problem| problem.to_string())?,
        };
        channel.publish(message_id, body).await.map_err(|problem| problem.to_string())?;
        self.session = Some((session, channel));
        Ok(())
    }

    async fn open(&self) -> Result<(PublishSession, PublishChannel), SessionError> {
        let session = PublishSession::open(&self.config).await?;
        let channel = session.channel().await?;
        Ok((session, channel))
    }

    async fn close(self) {
        if let Some((session, _channel)) = self.session {
            session.close().await;
        }
    }
}
