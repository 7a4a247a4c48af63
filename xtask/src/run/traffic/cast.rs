//! Who plays in the demo: addresses, browsers, pages, questions.

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use uuid::Uuid;

/// Projects and how often each is visited, relative to the others.
const PROJECTS: [(&str, u32); 4] =
    [("booking-bot", 9), ("chat-bubble", 5), ("contact-form", 3), ("newsletter", 1)];
/// The first three bytes of large access networks in many countries, some of them busier than others.
const NETWORKS: [([u8; 3], u32); 30] = [
    ([24, 48, 0], 2),
    ([73, 162, 10], 6),
    ([68, 80, 1], 5),
    ([71, 183, 5], 4),
    ([81, 2, 69], 4),
    ([88, 217, 10], 4),
    ([90, 0, 5], 3),
    ([79, 30, 10], 2),
    ([80, 58, 4], 2),
    ([85, 64, 10], 3),
    ([177, 32, 10], 3),
    ([190, 16, 20], 1),
    ([187, 140, 20], 2),
    ([49, 36, 20], 4),
    ([126, 10, 20], 2),
    ([58, 120, 20], 1),
    ([1, 128, 20], 2),
    ([105, 224, 20], 1),
    ([105, 112, 20], 1),
    ([41, 32, 20], 1),
    ([78, 160, 20], 1),
    ([83, 10, 20], 2),
    ([84, 208, 20], 1),
    ([81, 224, 20], 1),
    ([58, 8, 20], 1),
    ([36, 64, 20], 1),
    ([86, 80, 20], 2),
    ([85, 0, 20], 1),
    ([84, 112, 20], 1),
    ([121, 72, 20], 1),
];
const USER_AGENTS: [&str; 6] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 \
     Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile \
     Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 \
     Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 \
     Mobile/15E148 Safari/604.1",
];
const PAGES: [&str; 7] = ["/", "/", "/pricing", "/rooms", "/contact", "/blog/opening-hours", "/about"];
const REFERRERS: [Option<&str>; 6] = [
    None,
    None,
    Some("https://www.google.com/"),
    Some("https://www.google.com/"),
    Some("https://news.ycombinator.com/"),
    Some("https://www.instagram.com/"),
];
const QUESTIONS: [&str; 8] = [
    "What are your opening hours?",
    "What are your opening hours?",
    "Is breakfast included?",
    "Can I cancel my booking?",
    "Do you have parking?",
    "How do I reach a person?",
    "Do you ship abroad?",
    "Is there a discount for groups?",
];

/// One visitor on one site, for as long as the demo remembers them.
pub(super) struct Visit {
    pub(super) project_id: &'static str,
    pub(super) visitor_id: Uuid,
    pub(super) session_id: Uuid,
    pub(super) address: Ipv4Addr,
    pub(super) user_agent: &'static str,
    referrer: Option<&'static str>,
    interactions: u32,
}

impl Visit {
    pub(super) fn begin() -> Self {
        let [a, b, c] = weighted(&NETWORKS);
        Self {
            project_id: weighted(&PROJECTS),
            visitor_id: Uuid::now_v7(),
            session_id: Uuid::now_v7(),
            address: Ipv4Addr::new(a, b, c, fastrand::u8(1..255)),
            user_agent: one_of(&USER_AGENTS),
            referrer: one_of(&REFERRERS),
            interactions: 0,
        }
    }

    /// A page with the widget on it; only the first has a referrer from outside.
    pub(super) fn impression(&mut self) -> Value {
        let url = format!("https://{}.example{}", self.project_id, one_of(&PAGES));
        match self.referrer.take() {
            Some(referrer) => json!({"type": "impression", "url": url, "referrer": referrer, "age_ms": 0}),
            None => json!({"type": "impression", "url": url, "age_ms": 0}),
        }
    }

    /// The next step into the widget: click, open, then whatever one does there.
    pub(super) fn interaction(&mut self) -> Value {
        self.interactions += 1;
        match self.interactions {
            1 => json!({"type": "click_bubble", "label": "Bubble", "age_ms": 40}),
            2 => json!({"type": "open_chat", "age_ms": 0}),
            _ => self.inside(),
        }
    }

    fn inside(&self) -> Value {
        match fastrand::u8(..10) {
            0..=4 => json!({"type": "ask_question", "data": {"question": one_of(&QUESTIONS)}, "age_ms": 300}),
            5 | 6 => json!({"type": "click_suggestion", "label": one_of(&QUESTIONS), "age_ms": 0}),
            7 | 8 => json!({"type": "click_contact", "label": "Email Link", "age_ms": 0}),
            _ => {
                json!({"type": "submit_form", "label": "Booking Form", "data": {"fields": 4}, "age_ms": 900})
            }
        }
    }
}

fn one_of<T: Copy>(choices: &[T]) -> T {
    choices[fastrand::usize(..choices.len())]
}

fn weighted<T: Copy>(choices: &[(T, u32)]) -> T {
    let all: u32 = choices.iter().map(|(_, weight)| weight).sum();
    let mut left = fastrand::u32(..all);
    for (choice, weight) in choices {
        if left < *weight {
            return *choice;
        }
        left -= weight;
    }
    choices[0].0
}
