//! What is asked: a period, a zone, an interval and projects, made up at random.

use fastrand::Rng;
use time::{Date, Duration};

use crate::world::PROJECTS;

/// Zones off by parts of an hour, whose clocks change by parts of an hour, twice a midnight, or at one.
const ZONES: [&str; 8] = [
    "UTC",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/New_York",
    "Asia/Jerusalem",
    "America/Havana",
    "Africa/Cairo",
    "Pacific/Kiritimati",
];
const INTERVALS: [&str; 4] = ["hour", "day", "week", "month"];

/// One question.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) from: Date,
    pub(crate) to: Date,
    pub(crate) zone: &'static str,
    pub(crate) interval: &'static str,
    /// All where there are none.
    pub(crate) projects: Vec<&'static str>,
}

impl Asked {
    /// A question about some of `days` or those around them.
    pub(crate) fn make_up(random: &mut Rng, days: &[Date]) -> Self {
        let interval = INTERVALS[random.usize(..INTERVALS.len())];
        let day = days[random.usize(..days.len())];
        let from = day - Duration::days(random.i64(-1..4));
        let length = if interval == "hour" { 5 } else { 40 };
        let to = from + Duration::days(if random.bool() { 0 } else { random.i64(0..length) });
        let mut projects: Vec<&str> = if random.bool() { Vec::new() } else { PROJECTS.to_vec() };
        random.shuffle(&mut projects);
        projects.truncate(random.usize(1..PROJECTS.len()));
        Self { from, to, zone: ZONES[random.usize(..ZONES.len())], interval, projects }
    }

    /// The same of as many days right before.
    pub(crate) fn previous(&self) -> Self {
        let days = self.to - self.from + Duration::DAY;
        Self { from: self.from - days, to: self.to - days, projects: self.projects.clone(), ..*self }
    }

    /// The question as parameters of a report, with more of them.
    pub(crate) fn parameters(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let (from, to) = (self.from.to_string(), self.to.to_string());
        let own = [("from", from.as_str()), ("to", &to), ("tz", self.zone), ("interval", self.interval)];
        let projects = self.projects.iter().map(|project| ("project_id", *project));
        let all = own.into_iter().chain(projects).chain(more.iter().copied());
        all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}
