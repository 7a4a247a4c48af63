//! Which user agents were looked at last, and what came of it: bounded, and forgotten by halves.

use std::collections::HashMap;
use std::mem;

/// Most user agents that are remembered; each of at most 512 characters, so it takes a few MB at the very most.
const KNOWN_MAX: usize = 2_048;

/// Two halves: what was asked for since the last half was full, and what was before.
#[derive(Default)]
pub(super) struct Known {
    recent: HashMap<Box<str>, bool>,
    older: HashMap<Box<str>, bool>,
}

impl Known {
    /// What came of a user agent, if it is remembered.
    pub(super) fn get(&mut self, user_agent: &str) -> Option<bool> {
        if let Some(found) = self.recent.get(user_agent) {
            return Some(*found);
        }
        let found = self.older.remove(user_agent)?;
        self.put(user_agent, found);
        Some(found)
    }

    /// Remembers what came of a user agent; may forget those not asked for of late.
    pub(super) fn put(&mut self, user_agent: &str, is_crawler: bool) {
        if self.recent.len() >= KNOWN_MAX / 2 {
            self.older = mem::take(&mut self.recent);
        }
        self.recent.insert(user_agent.into(), is_crawler);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_remembered_as_there_is_room_for_and_those_asked_for_stay() {
        let mut known = Known::default();
        known.put("asked for", true);
        for place in 0..KNOWN_MAX * 3 {
            known.put(&place.to_string(), false);
            assert_eq!(known.get("asked for"), Some(true), "{place}");
            assert!(known.recent.len() + known.older.len() <= KNOWN_MAX, "{place}");
        }
        assert_eq!(known.get("0"), None);
    }
}
