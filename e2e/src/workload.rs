//! What widgets send, made up: the same requests for the same seed.
//!
//! 200 projects by Zipf's law, 60 % impressions, pages, browsers and networks as a real week would hold them. Every
//! request is what a browser sends with `navigator.sendBeacon`, behind a proxy that names the client's address.

mod request;
mod vocabulary;

use std::net::IpAddr;

use fastrand::Rng;
use serde_json::{Map, Value, json};
use shared::envelope::{Envelope, RobotSigns};
use shared::event::{Event, EventKind, InteractionType};
use shared::ids::{EnvelopeId, ProjectId};
use shared::network::ClientNetwork;
use time::OffsetDateTime;
use uuid::Uuid;

pub use self::request::Request;
use self::vocabulary::{BROWSERS, CATEGORIES, LABELS, NETWORKS, PLATFORMS, QUESTIONS, REFERRERS, WORDS};

/// How many projects there are; the most visited one has a sixth of all requests.
pub const PROJECTS: usize = 200;
/// Share of events that are impressions, in percent.
const IMPRESSIONS_PERCENT: u32 = 60;
/// Pages of all projects together.
const PAGES: usize = 5_000;
/// Networks that visitors are in, by their first 24 bits.
const NETWORK_COUNT: u32 = 1_600;
/// How long before sending an event may have happened, in milliseconds.
const AGE_MS_MAX: u64 = 30_000;

/// Most events of an envelope that [`Workload::envelope`] makes.
const EVENTS_MAX: usize = 20;
/// Chance that an envelope has one event more, in percent: three of them are then the mean.
const ANOTHER_EVENT_PERCENT: u32 = 67;

/// Every project's id and name, the most visited first.
pub fn projects() -> impl Iterator<Item = (String, String)> {
    (1..=PROJECTS).map(|rank| (project_id(rank), format!("Widget {rank}")))
}

fn project_id(rank: usize) -> String {
    format!("widget-{rank:03}")
}

fn site(rank: usize) -> String {
    format!("{}-{rank}.example", WORDS[rank % WORDS.len()])
}

/// An event as a tracker says it.
fn said(event: &Event) -> Value {
    let Event { age_ms, kind } = event;
    let mut said = match kind {
        EventKind::Impression { url, referrer } => {
            json!({ "type": "impression", "url": url, "referrer": referrer, "age_ms": age_ms })
        }
        EventKind::Interaction { interaction, label, data } => {
            json!({ "type": interaction, "label": label, "data": data, "age_ms": age_ms })
        }
    };
    if let Some(fields) = said.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    said
}

/// Makes requests.
#[derive(Debug)]
pub struct Workload {
    random: Rng,
    /// What share of all requests go to this project or a more visited one.
    up_to_rank: Vec<f64>,
}

impl Workload {
    /// The workload of this seed.
    pub fn new(seed: u64) -> Self {
        let weights = (1..=PROJECTS).map(|rank| 1.0 / rank as f64);
        let total: f64 = weights.clone().sum();
        let up_to_rank = weights.scan(0.0, |sum, weight| {
            *sum += weight / total;
            Some(*sum)
        });
        Self { up_to_rank: up_to_rank.collect(), random: Rng::with_seed(seed) }
    }

    /// A request with so many events.
    pub fn request(&mut self, events: usize) -> Request {
        let rank = self.rank();
        let site = site(rank);
        let body = json!({
            "envelope_id": request::ID_PLACE,
            "project_id": project_id(rank),
            "visitor_id": self.uuid(),
            "session_id": self.uuid(),
            "events": (0..events).map(|_| said(&self.event(&site))).collect::<Vec<Value>>(),
        });
        let body = body.to_string();
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nHost: events.footfall.example\r\nUser-Agent: {}\r\nAccept: */*\r\n\
             Accept-Encoding: gzip, deflate, br\r\nContent-Type: text/plain;charset=UTF-8\r\n\
             Origin: https://{site}\r\nX-Forwarded-For: {}\r\nContent-Length: {}\r\n\r\n",
            self.user_agent(),
            self.address(),
            body.len()
        );
        Request::new(head, body)
    }

    /// What a collector makes of a tracker's batch that it received at this time: 1 to 20 events, three in the mean.
    ///
    /// # Errors
    /// When a made-up id is none, which no seed should lead to.
    pub fn envelope(&mut self, id: EnvelopeId, received_at: OffsetDateTime) -> anyhow::Result<Envelope> {
        let rank = self.rank();
        let site = site(rank);
        let more = (1..EVENTS_MAX).take_while(|_| self.random.u32(..100) < ANOTHER_EVENT_PERCENT).count();
        let (visitor_id, session_id) = (self.uuid(), self.uuid());
        let events = (0..=more).map(|_| self.event(&site)).collect();
        Ok(Envelope {
            envelope_id: id,
            project_id: project_id(rank).parse::<ProjectId>()?,
            received_at,
            sent_at: None,
            client: Some(ClientNetwork::from(self.address().parse::<IpAddr>()?)),
            user_agent: Some(self.user_agent()),
            visitor_id: Some(visitor_id),
            session_id: Some(session_id),
            dropped: None,
            robot: RobotSigns::default(),
            events,
        })
    }

    fn rank(&mut self) -> usize {
        let at = self.random.f64();
        // Rounding may leave the last sum a hair below 1.
        (1 + self.up_to_rank.partition_point(|share| *share < at)).min(PROJECTS)
    }

    fn event(&mut self, site: &str) -> Event {
        let age_ms = self.random.u64(..=AGE_MS_MAX);
        if self.random.u32(..100) < IMPRESSIONS_PERCENT {
            let url = self.page(site);
            let referrer = (self.random.u32(..10) < 6).then(|| self.pick(&REFERRERS).to_owned());
            return Event { age_ms, kind: EventKind::Impression { url, referrer } };
        }
        let (interaction, label, data) = match self.random.u32(..20) {
            0..8 => (InteractionType::ClickBubble, None, None),
            8..12 => (InteractionType::OpenChat, None, None),
            12..16 => {
                let question = ("question".to_owned(), json!(self.pick(&QUESTIONS)));
                (InteractionType::AskQuestion, None, Some(Map::from_iter([question])))
            }
            16..18 => (InteractionType::ClickSuggestion, Some(self.pick(&LABELS)), None),
            18 => (InteractionType::ClickContact, Some(self.pick(&LABELS)), None),
            _ => {
                let label = self.pick(&LABELS);
                let fields = ("fields".to_owned(), json!(self.random.u32(2..9)));
                let took = ("took_ms".to_owned(), json!(self.random.u32(3_000..90_000)));
                (InteractionType::SubmitForm, Some(label), Some(Map::from_iter([fields, took])))
            }
        };
        let label = label.map(str::to_owned);
        Event { age_ms, kind: EventKind::Interaction { interaction, label, data } }
    }

    /// About 85 bytes.
    fn page(&mut self, site: &str) -> String {
        let number = self.random.usize(..PAGES);
        let (first, second) = (WORDS[number % WORDS.len()], WORDS[number / WORDS.len() % WORDS.len()]);
        let (category, source) = (CATEGORIES[number % CATEGORIES.len()], self.random.u32(..3));
        format!("https://{site}/{category}/{first}-{second}-{number}?page={source}&utm_source=newsletter")
    }

    /// One of some 400, about 110 bytes.
    fn user_agent(&mut self) -> String {
        let (platform, browser) = (self.pick(&PLATFORMS), self.pick(&BROWSERS));
        let version = self.random.u32(120..140);
        format!("Mozilla/5.0 ({platform}) {}", browser.replace('*', &version.to_string()))
    }

    fn address(&mut self) -> String {
        let number = self.random.u32(..NETWORK_COUNT);
        let [first, second] = NETWORKS[number as usize % NETWORKS.len()];
        let (third, host) = (number / NETWORKS.len() as u32, self.random.u32(1..255));
        format!("{first}.{second}.{third}.{host}")
    }

    fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.random.u128(..).to_be_bytes()).into_uuid()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.random.usize(..from.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_requests_each_time() {
        let made = |seed| {
            let mut bytes = Vec::new();
            Workload::new(seed).request(3).write_with(Uuid::nil(), &mut bytes);
            bytes
        };
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
    }

    #[test]
    fn an_envelope_holds_1_to_20_events_and_three_in_the_mean() {
        let mut workload = Workload::new(1);
        let counts: Vec<usize> = (0..20_000)
            .map(|_| workload.envelope(EnvelopeId::mint(), OffsetDateTime::UNIX_EPOCH).unwrap().events.len())
            .collect();
        assert!(counts.iter().all(|count| (1..=EVENTS_MAX).contains(count)));
        let mean = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
        assert!((2.9..3.1).contains(&mean), "{mean}");
    }

    #[test]
    fn projects_are_visited_by_zipfs_law() {
        let mut workload = Workload::new(1);
        let mut visits = [0_u32; PROJECTS];
        for _ in 0..100_000 {
            visits[workload.rank() - 1] += 1;
        }
        // The first has 1/H(200) = 17 % of all; each rank that many times less.
        assert!((16_000..18_000).contains(&visits[0]), "{visits:?}");
        assert!((7_700..9_300).contains(&visits[1]) && (1_500..1_900).contains(&visits[9]), "{visits:?}");
        assert!(visits.iter().all(|visits| *visits > 0));
    }
}
