//! From a user agent to a kind of device and a family of browsers.
//!
//! The families are those of uap-core (`data/browsers.json`); the kinds of devices are a few rules of our own, since its rules for
//! devices name models and take tens of megabytes. What both say is a pure function of the text, so a rollup can be counted
//! again from the raw rows; an update of either changes what a recount says of older days (`footfall rebuild` makes them agree).

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use ua_parser::user_agent::{Builder, Extractor, Parser};

use crate::event::USER_AGENT_BYTES_MAX;

/// Texts that are remembered in each of two generations.
const REMEMBERED_MAX: usize = 2_048;
/// Longest name of a family, in bytes: some are a part of the text.
pub const FAMILY_BYTES_MAX: usize = 64;
/// The family of what is not known.
const UNKNOWN_FAMILY: &str = "Other";
/// uap-core's rules for browsers.
const BROWSERS: &str = include_str!("../data/browsers.json");

/// A kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Device {
    /// A computer; also a tablet that says it is one, as iPads do.
    Desktop,
    /// A telephone.
    Mobile,
    /// A tablet that says so.
    Tablet,
    /// A television, a program, or nobody knows what.
    Other,
}

impl Device {
    /// The name in the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Other => "other",
        }
    }

    /// The kind that a user agent tells of: the first rule that fits.
    fn of(user_agent: &str) -> Self {
        let tells = |words: &[&str]| words.iter().any(|word| user_agent.contains(word));
        match () {
            () if tells(&["TV", "BRAVIA", "CrKey", "Roku", "PlayStation", "Xbox"]) => Self::Other,
            () if tells(&["iPad", "Tablet", "Kindle", "Silk/", "PlayBook"]) => Self::Tablet,
            () if tells(&["Mobi", "iPhone", "iPod", "Windows Phone", "Opera Mini"]) => Self::Mobile,
            // Browsers on Android say "Mobile" on telephones alone.
            () if tells(&["Android"]) => Self::Tablet,
            () if tells(&["Windows NT", "Macintosh", "X11", "CrOS"]) => Self::Desktop,
            () => Self::Other,
        }
    }
}

/// What a user agent tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The kind of device.
    pub device: Device,
    /// The family of browsers, as `Chrome` or `Mobile Safari`; `Other` where it is not known.
    pub browser: Arc<str>,
}

/// A text to find the family of, and where to answer; `None`: no rule fits.
type Question = (String, SyncSender<Option<String>>);

/// The thread that has the rules, begun at their first use: reading them takes some tens of milliseconds and 10 MB. They are a part
/// of this build, and a test asks them; were they unreadable all the same, every family would be unknown.
///
/// One thread, since each that asks regular expressions keeps memory of its own in them: 15 MB, were every browser of the past to
/// call. What was asked is remembered, so few wait for the answer.
static RULES: LazyLock<Option<Sender<Question>>> = LazyLock::new(|| {
    let (sender, questions) = channel::<Question>();
    let thread = std::thread::Builder::new().name("user-agents".to_owned());
    thread.spawn(move || answer(&questions)).ok().map(|_running| sender)
});

fn answer(questions: &Receiver<Question>) {
    let rules: Option<Extractor<'_>> = (|| {
        let rules: Vec<Parser<'_>> = serde_json::from_str(BROWSERS).ok()?;
        Builder::new().push_all(rules).ok()?.build().ok()
    })();
    for (text, answer) in questions {
        let found = rules.as_ref().and_then(|rules| rules.extract(&text));
        // Whoever asked may be gone.
        let _told = answer.send(found.map(|found| found.family.into_owned()));
    }
}

/// The family of browsers that a rule finds.
fn family(text: &str) -> Option<String> {
    let (sender, answer) = sync_channel(1);
    RULES.as_ref()?.send((text.to_owned(), sender)).ok()?;
    answer.recv().ok()?
}

/// Reads user agents, and remembers what it read.
#[derive(Default)]
pub struct UserAgents {
    remembered: Mutex<Remembered>,
}

/// What was asked for lately, and what was before that.
#[derive(Default)]
struct Remembered {
    lately: HashMap<String, Agent>,
    before: HashMap<String, Agent>,
}

impl UserAgents {
    /// What a user agent tells; nothing, where there is none.
    pub fn agent(&self, user_agent: Option<&str>) -> Agent {
        let text = user_agent.unwrap_or_default();
        let text = &text[..text.floor_char_boundary(USER_AGENT_BYTES_MAX)];
        // A lock that a panic left behind holds whole entries all the same.
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.get_or(text, || Self::read(text))
    }

    fn read(text: &str) -> Agent {
        let family = family(text);
        let family = family.as_deref().filter(|family| !family.is_empty()).unwrap_or(UNKNOWN_FAMILY);
        let family = &family[..family.floor_char_boundary(FAMILY_BYTES_MAX)];
        Agent { device: Device::of(text), browser: family.into() }
    }
}

impl Remembered {
    fn get_or(&mut self, text: &str, read: impl FnOnce() -> Agent) -> Agent {
        if let Some(agent) = self.lately.get(text) {
            return agent.clone();
        }
        let agent = self.before.remove(text).unwrap_or_else(read);
        if self.lately.len() >= REMEMBERED_MAX {
            self.before = std::mem::take(&mut self.lately);
        }
        self.lately.insert(text.to_owned(), agent.clone());
        agent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOWS_CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

    #[test]
    fn browsers_and_devices_are_told_apart() {
        let agents = UserAgents::default();
        for (text, device, browser) in [
            (WINDOWS_CHROME, Device::Desktop, "Chrome"),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
                Device::Desktop,
                "Safari",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                Device::Desktop,
                "Firefox",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                Device::Desktop,
                "Edge",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
                Device::Mobile,
                "Mobile Safari",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
                Device::Mobile,
                "Chrome Mobile",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-X910) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
                Device::Tablet,
                "Chrome",
            ),
            (
                "Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/8.0 TV Safari/537.36",
                Device::Other,
                "Safari",
            ),
            ("", Device::Other, "Other"),
            ("something of my own", Device::Other, "Other"),
        ] {
            let agent = agents.agent(Some(text));
            assert_eq!((agent.device, &*agent.browser), (device, browser), "{text}");
        }
        assert_eq!(&*agents.agent(None).browser, "Other");
    }

    #[test]
    fn what_is_remembered_is_bounded_and_stays_right() {
        let agents = UserAgents::default();
        for number in 0..3 * REMEMBERED_MAX {
            agents.agent(Some(&format!("text {number}")));
            assert_eq!(&*agents.agent(Some(WINDOWS_CHROME)).browser, "Chrome");
        }
        let remembered = agents.remembered.lock().unwrap();
        assert!(remembered.lately.len() <= REMEMBERED_MAX && remembered.before.len() <= REMEMBERED_MAX);
        assert!(remembered.lately.len() + remembered.before.len() > REMEMBERED_MAX);
    }

    #[test]
    fn a_text_of_any_length_and_letters_has_an_answer() {
        let agents = UserAgents::default();
        assert_eq!(agents.agent(Some(&format!("{}Firefox/140.0", "ä".repeat(500)))).device, Device::Other);
        let long = format!("{}/1.0 (Bot; Custom) {}Crawler/2", "X".repeat(300), "Y".repeat(100));
        assert!(agents.agent(Some(&long)).browser.len() <= FAMILY_BYTES_MAX);
    }
}
