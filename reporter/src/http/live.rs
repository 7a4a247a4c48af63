//! `GET /v1/reports/live`: server-sent events of who is there now, and of each interaction as it is stored.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use shared::ids::ProjectId;
use tokio::time::{Instant, sleep_until};

use crate::auth::{AuthError, Credential, ProjectScope};
use crate::db::Snapshot;
use crate::http::Desk;
use crate::http::desk::parameters;
use crate::http::error::ApiError;
use crate::live::{Cursor, Place, Reading};
use crate::query::{InvalidQuery, chosen_projects};

/// How long a stream lives, in seconds; its client comes back and goes on, perhaps at another reporter.
const LIFE_S: u64 = 600;
/// When a client comes back whose stream ended, in milliseconds.
const RETRY_MS: u64 = 3_000;
/// What a client hands back of the event it saw last.
const LAST_EVENT_ID: &str = "Last-Event-ID";
/// What a look that failed sends, so that nobody between takes the stream for dead.
const NOTHING_KNOWN: &str = ": the database does not answer; the next look may know more\n\n";

/// The live view, as a stream that the client resumes by the id of the event it saw last. An id that is none of ours is as none:
/// a browser would take an error for final.
pub(super) async fn live(request: HttpRequest, desk: Data<Desk>) -> Result<HttpResponse, ApiError> {
    let opened = Stream::open(&request, &desk).await.inspect_err(|error| desk.record(error))?;
    let mut response = HttpResponse::Ok();
    // Proxies that gather answers would hold events back.
    response.content_type("text/event-stream").insert_header(("X-Accel-Buffering", "no"));
    Ok(response.streaming(stream::unfold(opened, Stream::next)))
}

/// One client's stream.
struct Stream {
    desk: Desk,
    credential: Credential,
    /// What the credential opened at first.
    admitted: ProjectScope,
    /// The part of it that is looked at.
    scope: ProjectScope,
    told: Cursor,
    opened: Instant,
    next_look: Instant,
    is_greeted: bool,
    _place: Place,
}

impl Stream {
    async fn open(request: &HttpRequest, desk: &Desk) -> Result<Self, ApiError> {
        let admitted = desk.admit(request).await?;
        let chosen = chosen(request)?;
        let narrow = async |snapshot: &Snapshot<'_>| admitted.scope.clone().narrowed(&chosen, snapshot).await;
        let scope = desk.database.read(narrow).await?;
        let place = desk.shared.live.streams.open(admitted.credential.holder())?;
        let last = request.headers().get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
        let now = Instant::now();
        Ok(Self {
            desk: desk.clone(),
            credential: admitted.credential,
            admitted: admitted.scope,
            scope,
            told: last.and_then(|id| id.parse().ok()).unwrap_or_default(),
            opened: now,
            next_look: now,
            is_greeted: false,
            _place: place,
        })
    }

    /// What is sent next, and the stream to go on with; nothing once it has ended.
    ///
    /// Called when the client has taken what was sent before: a slow one gets fewer events, and nothing piles up for it.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let shutdown = self.desk.shared.shutdown.clone();
        let sent = shutdown.run_until_cancelled(self.wait()).await??;
        Some((Ok(Bytes::from(sent)), self))
    }

    async fn wait(&mut self) -> Option<String> {
        if !self.is_greeted {
            self.is_greeted = true;
            return Some(format!("retry: {RETRY_MS}\n\n"));
        }
        sleep_until(self.next_look).await;
        if self.opened.elapsed() >= Duration::from_secs(LIFE_S) {
            return None;
        }
        self.next_look = self.desk.shared.live.next_tick(&self.scope);
        let database = &self.desk.database;
        match self.desk.shared.eyes.scope(&self.credential, database).await {
            Ok(admitted) if admitted == self.admitted => {}
            Err(AuthError::Database(_)) => return Some(NOTHING_KNOWN.to_owned()),
            // Revoked, or it opens something else now: the client finds out as it comes back.
            Ok(_) | Err(_) => return None,
        }
        match self.desk.shared.live.read(self.scope.clone(), Arc::clone(database)).await {
            Ok(reading) => Some(self.tell(&reading)),
            Err(_) => Some(NOTHING_KNOWN.to_owned()),
        }
    }

    /// The events that `reading` has for this client. Each carries the id of all that was told with it.
    fn tell(&mut self, reading: &Reading) -> String {
        if self.told.is_ahead_of(reading.next) && reading.began > self.opened {
            // Of another database, or of this one before it was restored: of no use here.
            self.told = Cursor::default();
        }
        let mut events = String::new();
        for one in &reading.interactions {
            if !self.told.covers(one.transaction, one.id) {
                self.told.tell(one.transaction, one.id, &reading.seen);
                self.write(&mut events, "interaction", one);
            }
        }
        self.told.tell_all(&reading.seen);
        self.write(&mut events, "now", &reading.now);
        events
    }

    fn write(&self, events: &mut String, event: &str, data: &impl serde::Serialize) {
        // Strings, numbers and times can't fail to be written; JSON has no line breaks of its own.
        if let Ok(data) = serde_json::to_string(data) {
            let _infallible = write!(events, "event: {event}\nid: {}\ndata: {data}\n\n", self.told);
        }
    }
}

/// The projects that a stream is asked for; no other parameter means anything to it.
fn chosen(request: &HttpRequest) -> Result<Vec<ProjectId>, InvalidQuery> {
    chosen_projects(&parameters(request)?)
}
