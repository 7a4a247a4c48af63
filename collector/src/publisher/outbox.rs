//! An HTTP worker's outbox: what its requests want published, on the worker's own thread.
//!
//! One local task owns everything in flight; a request's future owns nothing but the end at which it is answered, so a
//! client that goes away leaks nothing. An idle outbox sends an envelope at once. A busy one has its messages in flight,
//! and what arrives meanwhile gathers into the next; that one waits, for moments, until it is about as large as the last.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use shared::envelope::{EncodedEnvelope, encode_message};
use shared::queue::rabbitmq::{PublishChannel, PublishSession};
use shared::queue::{PublishError, SessionError};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until, timeout_at};
use uuid::Uuid;

use super::circuit::{Circuit, Report, Trouble};
use super::group::take_group;
use super::pace::Pace;
use super::{Publisher, Reservation, Unpublished};

/// The share of the last message's envelopes that the next one waits for, in percent. Below 100, so that fewer requests
/// lead to smaller messages; the next to come after a single one is sent at once.
const GOAL_PERCENT: usize = 75;

/// An envelope that waits for its confirm, and whom to tell.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) envelope: EncodedEnvelope,
    answer: oneshot::Sender<Result<(), Unpublished>>,
    queued_at: Instant,
    reservation: Reservation,
}

/// A worker's way into the queue; clones are the same, and stay on the worker's thread.
#[derive(Clone)]
pub(crate) struct Outbox(Rc<Inner>);

struct Inner {
    publisher: Publisher,
    waiting: RefCell<VecDeque<Pending>>,
    arrived: Notify,
    /// As many as should wait before a message is sent; the next one that comes to an idle outbox is enough.
    goal: Cell<usize>,
    /// Waiting or in flight, and not yet answered.
    unanswered: Cell<usize>,
    pace: RefCell<Pace>,
    /// Why requests are refused, if they are.
    trouble: Cell<Option<Trouble>>,
}

impl Outbox {
    /// Starts the local task; it ends with the worker's runtime.
    pub(super) fn start(publisher: Publisher) -> Self {
        let inner = Rc::new(Inner {
            waiting: RefCell::default(),
            arrived: Notify::new(),
            goal: Cell::new(0),
            unanswered: Cell::new(0),
            pace: RefCell::new(Pace::new(publisher.answer_limit)),
            trouble: Cell::new(Some(Trouble::Unavailable)),
            publisher,
        });
        actix_web::rt::spawn(Sender::new(Rc::clone(&inner)).run());
        Self(inner)
    }

    /// Whether a request with a body of `body_bytes` may come in; asked before its body is read.
    ///
    /// # Errors
    /// [`Unpublished`]: the queue is in trouble, too many wait already, or the budget is spent.
    pub(crate) fn admit(&self, body_bytes: usize) -> Result<Reservation, Unpublished> {
        self.check()?;
        self.0.publisher.budget.reserve(body_bytes).ok_or(Unpublished::Overloaded)
    }

    /// Publishes an envelope, and waits until the queue has it safe or the answer limit is over.
    ///
    /// # Errors
    /// [`Unpublished`]. The envelope may still get into the queue: the same id then counts once.
    pub(crate) async fn publish(
        &self,
        mut reservation: Reservation,
        envelope: EncodedEnvelope,
    ) -> Result<(), Unpublished> {
        // Much may have happened while the body was read.
        self.check()?;
        if !reservation.resize(envelope.len_bytes()) {
            return Err(Unpublished::Overloaded);
        }
        let (answer, answered) = oneshot::channel();
        let pending = Pending { envelope, answer, queued_at: Instant::now(), reservation };
        self.0.unanswered.set(self.0.unanswered.get() + 1);
        let waiting = {
            let mut waiting = self.0.waiting.borrow_mut();
            waiting.push_back(pending);
            waiting.len()
        };
        // The first one starts the clock, the last one stops it; those between need wake nobody.
        if waiting == 1 || waiting == self.0.goal.get() {
            self.0.arrived.notify_one();
        }
        answered.await.unwrap_or(Err(Unpublished::Unavailable))
    }

    fn check(&self) -> Result<(), Unpublished> {
        match self.0.trouble.get() {
            Some(trouble) => Err(trouble.into()),
            None if self.0.unanswered.get() >= self.0.pace.borrow().allowed() => Err(Unpublished::Overloaded),
            None => Ok(()),
        }
    }
}

impl Inner {
    /// Tells a request what became of its envelope; one that went away needs no answer.
    fn answer(&self, answer: oneshot::Sender<Result<(), Unpublished>>, outcome: Result<(), Unpublished>) {
        self.unanswered.set(self.unanswered.get() - 1);
        let _gone = answer.send(outcome);
    }

    /// Takes what comes from now on.
    fn accept(&self) {
        if self.trouble.replace(None).is_some() {
            self.publisher.metrics.accepting_workers.inc();
        }
    }

    /// Refuses from now on, and answers whoever waits.
    fn refuse(&self, trouble: Trouble) {
        if self.trouble.replace(Some(trouble)).is_none() {
            self.publisher.metrics.accepting_workers.dec();
        }
        for pending in self.waiting.take() {
            self.answer(pending.answer, Err(trouble.into()));
        }
    }

    fn report(&self, report: Report) {
        // A full channel is full of reports that open the circuit just as well.
        let _enough = self.publisher.reports.try_send(report);
    }
}

/// A channel that a message has left, if it is still sound, and the session it belongs to.
type Returned = (Arc<PublishSession>, Option<PublishChannel>);

/// The local task.
struct Sender {
    inner: Rc<Inner>,
    session: Option<Arc<PublishSession>>,
    idle: Vec<PublishChannel>,
}

impl Sender {
    fn new(inner: Rc<Inner>) -> Self {
        Self { inner, session: None, idle: Vec::new() }
    }

    async fn run(mut self) {
        let mut circuit = self.inner.publisher.circuit.clone();
        let mut in_flight = FuturesUnordered::new();
        let mut changed = true;
        loop {
            if changed {
                let now = circuit.borrow_and_update().clone();
                let following = self.follow(now, in_flight.len());
                // The circuit may change again while channels are opened.
                tokio::select! {
                    biased;
                    still_there = circuit.changed() => if still_there.is_err() { return } else { continue },
                    () = following => {}
                }
            }
            changed = false;
            while let Some(sending) = self.next_group(Instant::now()) {
                in_flight.push(sending);
            }
            let gathered = if self.idle.is_empty() { None } else { self.gathered_at() };
            tokio::select! {
                still_there = circuit.changed() => match still_there {
                    Ok(()) => changed = true,
                    Err(_publisher_gone) => return,
                },
                Some(returned) = in_flight.next() => self.take_back(returned),
                () = self.inner.arrived.notified(), if !self.idle.is_empty() => {}
                () = sleep_until(gathered.unwrap_or_else(Instant::now)), if gathered.is_some() => {}
            }
        }
    }

    /// Does what the circuit says: refuse, or accept once the channels are there.
    async fn follow(&mut self, circuit: Circuit, in_flight: usize) {
        let session = match circuit {
            Circuit::Open(trouble) => return self.inner.refuse(trouble),
            Circuit::Closed(session) => session,
        };
        if self.session.as_ref().is_none_or(|known| !Arc::ptr_eq(known, &session)) {
            self.inner.refuse(Trouble::Unavailable);
            self.idle.clear();
            self.session = Some(Arc::clone(&session));
        }
        match self.open_channels(&session, in_flight).await {
            Ok(()) => self.inner.accept(),
            Err(error) => self.inner.report(Report::Lost(session, error.to_string())),
        }
    }

    /// Opens what is missing; what earlier troubles left in flight comes back by itself, or with the session's end.
    async fn open_channels(
        &mut self,
        session: &PublishSession,
        in_flight: usize,
    ) -> Result<(), SessionError> {
        let wanted = self.inner.publisher.group.messages_in_flight;
        while self.idle.is_empty() || self.idle.len() + in_flight < wanted {
            let channel = session.channel().await?;
            self.idle.push(channel);
        }
        Ok(())
    }

    fn take_back(&mut self, (session, channel): Returned) {
        let is_ours = self.session.as_ref().is_some_and(|known| Arc::ptr_eq(known, &session));
        let has_room = self.idle.len() < self.inner.publisher.group.messages_in_flight;
        if is_ours && has_room {
            self.idle.extend(channel);
        }
    }

    /// When what waits has waited long enough for others; `None` while nothing waits.
    fn gathered_at(&self) -> Option<Instant> {
        let first = self.inner.waiting.borrow().front()?.queued_at;
        Some(first + self.inner.publisher.group.gather)
    }

    /// The next message, on its way; `None` while too little waits, no channel is free, or the circuit is open.
    fn next_group(&mut self, now: Instant) -> Option<impl Future<Output = Returned> + use<>> {
        let gathered_at = self.gathered_at()?;
        let is_due = self.inner.waiting.borrow().len() >= self.inner.goal.get() || gathered_at <= now;
        if !is_due || self.inner.trouble.get().is_some() {
            return None;
        }
        let session = Arc::clone(self.session.as_ref()?);
        let channel = self.idle.pop()?;
        let envelopes_max = self.inner.publisher.group.envelopes_max;
        let group = take_group(&mut self.inner.waiting.borrow_mut(), envelopes_max);
        self.inner.goal.set(group.len() * GOAL_PERCENT / 100);
        Some(send(Rc::clone(&self.inner), session, channel, group))
    }
}

/// Publishes a group and answers its requests, in time; its share of the budget is held until its fate is known.
async fn send(
    inner: Rc<Inner>,
    session: Arc<PublishSession>,
    mut channel: PublishChannel,
    group: Vec<Pending>,
) -> Returned {
    let metrics = &inner.publisher.metrics;
    let message = encode_message(group.iter().map(|pending| &pending.envelope));
    let queued_at = group.iter().map(|pending| pending.queued_at).min().unwrap_or_else(Instant::now);
    metrics.group_envelopes.observe(group.len() as f64);
    let sent_at = Instant::now();
    let (answers, _reservations): (Vec<_>, Vec<Reservation>) =
        group.into_iter().map(|pending| (pending.answer, pending.reservation)).unzip();
    let envelopes = answers.len();
    let answer_all =
        |answers: Vec<_>, outcome| answers.into_iter().for_each(|answer| inner.answer(answer, outcome));

    let mut publishing = Box::pin(channel.publish(Uuid::now_v7(), &message));
    let deadline = queued_at + inner.publisher.answer_limit;
    let (answers, outcome) = match timeout_at(deadline, &mut publishing).await {
        Ok(outcome) => (answers, outcome),
        Err(_elapsed) => {
            let unanswered = inner.unanswered.get();
            answer_all(answers, Err(Unpublished::TimedOut));
            inner.pace.borrow_mut().crowded(unanswered / 2);
            let is_blocked = session.is_blocked();
            inner.report(Report::Trouble(if is_blocked { Trouble::Unavailable } else { Trouble::Slow }));
            // The message is under way: nobody waits for it any more, but it is still held in memory.
            (Vec::new(), publishing.as_mut().await)
        }
    };
    drop(publishing);
    metrics.confirm_seconds.observe(sent_at.elapsed().as_secs_f64());
    inner.pace.borrow_mut().settled(envelopes, queued_at, Instant::now());
    match outcome {
        Ok(()) => {
            if answers.is_empty() {
                metrics.late_envelopes.inc_by(envelopes as u64);
            }
            answer_all(answers, Ok(()));
            (session, Some(channel))
        }
        Err(PublishError::Refused) => {
            answer_all(answers, Err(Unpublished::QueueFull));
            inner.report(Report::Trouble(Trouble::Full));
            (session, Some(channel))
        }
        Err(PublishError::SessionLost(reason)) => {
            answer_all(answers, Err(Unpublished::Unavailable));
            inner.report(Report::Lost(Arc::clone(&session), reason));
            (session, None)
        }
    }
}
