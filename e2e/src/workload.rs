//! What widgets send, made up: the same requests for the same seed.
//!
//! 200 projects by Zipf's law, 60 % impressions, pages, browsers and networks as a real week would hold them. Every
//! request is what a browser sends with `navigator.sendBeacon`, behind a proxy that names the client's address.

mod request;
mod vocabulary;

use fastrand::Rng;
use serde_json::{Value, json};
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

/// Every project's id and name, the most visited first.
pub fn projects() -> impl Iterator<Item = (String, String)> {
    (1..=PROJECTS).map(|rank| (project_id(rank), format!("Widget {rank}")))
}

fn project_id(rank: usize) -> String {
    format!("widget-{rank:03}")
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
        let site = format!("{}-{rank}.example", WORDS[rank % WORDS.len()]);
        let body = json!({
            "envelope_id": request::ID_PLACE,
            "project_id": project_id(rank),
            "visitor_id": self.uuid(),
            "session_id": self.uuid(),
            "events": (0..events).map(|_| self.event(&site)).collect::<Vec<Value>>(),
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

    fn rank(&mut self) -> usize {
        let at = self.random.f64();
        // Rounding may leave the last sum a hair below 1.
        (1 + self.up_to_rank.partition_point(|share| *share < at)).min(PROJECTS)
    }

    fn event(&mut self, site: &str) -> Value {
        let age_ms = self.random.u64(..=AGE_MS_MAX);
        if self.random.u32(..100) < IMPRESSIONS_PERCENT {
            let mut impression = json!({ "type": "impression", "url": self.page(site), "age_ms": age_ms });
            if self.random.u32(..10) < 6 {
                impression["referrer"] = json!(self.pick(&REFERRERS));
            }
            return impression;
        }
        match self.random.u32(..10) {
            0..=3 => json!({ "type": "click_bubble", "age_ms": age_ms }),
            4..=5 => json!({ "type": "open_chat", "age_ms": age_ms }),
            6..=7 => {
                json!({ "type": "ask_question", "age_ms": age_ms, "data": { "question": self.pick(&QUESTIONS) } })
            }
            8 => json!({ "type": "click_suggestion", "label": self.pick(&LABELS), "age_ms": age_ms }),
            _ => json!({
                "type": "submit_form", "label": self.pick(&LABELS), "age_ms": age_ms,
                "data": { "fields": self.random.u32(2..9), "took_ms": self.random.u32(3_000..90_000) },
            }),
        }
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
