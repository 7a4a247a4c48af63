//! Events that no visitor made: of crawlers, of browsers that a program drives, of pages fetched ahead of a visit.
//!
//! A crawler is known by its user agent, from the list that crawlers.txt holds: nearly all of its patterns are plain texts,
//! found all at once; the few others are a set of regular expressions. Each user agent is looked at once, while it is among
//! those seen last.

mod known;

use std::sync::{Mutex, PoisonError};

use aho_corasick::AhoCorasick;
use regex::RegexSet;
use shared::envelope::{DropReason, Envelope};

use self::known::Known;

/// Longest part of a user agent that is looked at, in characters.
const USER_AGENT_CHARS_MAX: usize = 512;
/// The patterns, one a line; a line that begins with `#` tells of the list.
const CRAWLERS: &str = include_str!("robots/crawlers.txt");

/// Tells events of robots from those of visitors.
pub struct Robots {
    /// None where they could not be made, which a test sees to.
    texts: Option<AhoCorasick>,
    patterns: Option<RegexSet>,
    known: Mutex<Known>,
}

impl Robots {
    /// Reads the list that is built in.
    pub fn new() -> Self {
        let lines = || CRAWLERS.lines().filter(|line| !line.starts_with('#'));
        let texts = AhoCorasick::new(lines().filter_map(plain_text));
        let patterns = RegexSet::new(lines().filter(|line| plain_text(line).is_none()));
        if texts.is_err() || patterns.is_err() {
            tracing::error!("the list of crawlers can't be read: their events are taken for visitors'");
        }
        Self { texts: texts.ok(), patterns: patterns.ok(), known: Mutex::default() }
    }

    /// Why the events of an envelope are no visitor's: the first reason that holds, in the order of [`DropReason::ALL`].
    ///
    /// A request that named no browser is a robot's, too: every browser sends a user agent.
    pub fn reason(&self, envelope: &Envelope) -> Option<DropReason> {
        let is_crawler = |user_agent: &String| self.is_crawler(user_agent);
        let signs = envelope.robot;
        if signs.no_user_agent || envelope.user_agent.as_ref().is_some_and(is_crawler) {
            Some(DropReason::Bot)
        } else if signs.webdriver {
            Some(DropReason::Automation)
        } else if signs.prefetch {
            Some(DropReason::Prefetch)
        } else {
            None
        }
    }

    /// Whether a user agent is a crawler's.
    fn is_crawler(&self, user_agent: &str) -> bool {
        let end =
            user_agent.char_indices().nth(USER_AGENT_CHARS_MAX).map_or(user_agent.len(), |(end, _)| end);
        let user_agent = &user_agent[..end];
        // Whoever panicked with the lock held left nothing half done.
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(is_crawler) = known().get(user_agent) {
            return is_crawler;
        }
        let is_crawler = self.texts.as_ref().is_some_and(|texts| texts.is_match(user_agent))
            || self.patterns.as_ref().is_some_and(|patterns| patterns.is_match(user_agent));
        known().put(user_agent, is_crawler);
        is_crawler
    }
}

impl Default for Robots {
    fn default() -> Self {
        Self::new()
    }
}

/// The text that a pattern stands for, where it stands for exactly one.
fn plain_text(pattern: &str) -> Option<String> {
    let mut text = String::with_capacity(pattern.len());
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => text.push(letters.next().filter(char::is_ascii_punctuation)?),
            '^' | '$' | '.' | '|' | '?' | '*' | '+' | '(' | ')' | '[' | ']' | '{' | '}' => return None,
            _ => text.push(letter),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests;
