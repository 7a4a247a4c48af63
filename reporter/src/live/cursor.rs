//! What a stream has told already, as a text that a client hands back to go on where it stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::str::FromStr;

use crate::live::reading::INTERACTIONS_MAX;

/// The form that [`Cursor`]'s text has; another one is no cursor.
const FORM: &str = "1";
/// Longest text that is read, in bytes: far more than the longest that is written.
const TEXT_BYTES_MAX: usize = 8_192;

/// Which transactions' interactions were told.
///
/// A transaction's rows become visible all at once, and are told in the order of their ids. So "told" is: every transaction
/// before the oldest that was still running when the rows were read, those after it that had ended already, and of the one
/// that a cut connection stopped in, the rows up to an id. That stays small, since transactions of writers are short; and
/// it misses nothing that a slow transaction commits late, which "everything up to this id" or "this time" would.
///
/// Whoever makes one up is told an interaction of their own projects twice, or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Every transaction before this one.
    before: u64,
    /// These from there on.
    ended: BTreeSet<u64>,
    /// Of these, rows up to this id.
    begun: BTreeMap<u64, i64>,
}

impl Cursor {
    /// All transactions before `before`, and these.
    pub(super) fn new(before: u64, ended: BTreeSet<u64>) -> Self {
        Self { before, ended, begun: BTreeMap::new() }
    }

    /// Whether this interaction was told.
    pub(crate) fn covers(&self, transaction: u64, id: i64) -> bool {
        self.covers_all_of(transaction) || self.begun.get(&transaction).is_some_and(|until| id <= *until)
    }

    /// Whether it lies ahead of a database whose next transaction is `next`: then it comes from another one.
    pub(crate) fn is_ahead_of(&self, next: u64) -> bool {
        self.before > next
    }

    /// An interaction of what `seen` covers was told, after all before it in the order of transactions and ids.
    pub(crate) fn tell(&mut self, transaction: u64, id: i64, seen: &Self) {
        let begun = std::mem::take(&mut self.begun);
        for (other, until) in begun {
            // What comes later in that order may have rows that are still to be told.
            if other < transaction && seen.covers_all_of(other) {
                self.ended.insert(other);
            } else {
                self.begun.insert(other, until);
            }
        }
        self.begun.insert(transaction, id);
    }

    /// All that `seen` covers was told. What this one covers besides stays covered: what was seen may be a moment older.
    pub(crate) fn tell_all(&mut self, seen: &Self) {
        self.before = self.before.max(seen.before);
        self.ended.extend(&seen.ended);
        self.ended = self.ended.split_off(&self.before);
        let begun = std::mem::take(&mut self.begun);
        self.begun = begun.into_iter().filter(|(begun, _)| !self.covers_all_of(*begun)).collect();
    }

    fn covers_all_of(&self, transaction: u64) -> bool {
        transaction < self.before || self.ended.contains(&transaction)
    }
}

impl fmt::Display for Cursor {
    /// At most as many transactions as a reading has interactions: of older ones none is told again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FORM}.{:x}.", self.before)?;
        let mut last = self.before;
        for (n, ended) in
            self.ended.iter().skip(self.ended.len().saturating_sub(INTERACTIONS_MAX)).enumerate()
        {
            write!(f, "{}{:x}", if n == 0 { "" } else { "-" }, ended - last)?;
            last = *ended;
        }
        f.write_char('.')?;
        for (n, (begun, until)) in self.begun.iter().enumerate() {
            write!(f, "{}{begun:x}:{until:x}", if n == 0 { "" } else { "-" })?;
        }
        Ok(())
    }
}

/// The text is no cursor of ours.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoCursor;

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(NoCursor);
        }
        let cursor = parse(text).ok_or(NoCursor)?;
        // One text a cursor: signs, leading zeros, repetitions and disorder are nothing we wrote.
        if cursor.to_string() == text { Ok(cursor) } else { Err(NoCursor) }
    }
}

fn parse(text: &str) -> Option<Cursor> {
    let mut parts = text.split('.');
    let (form, before, ended, begun) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if form != FORM || parts.next().is_some() {
        return None;
    }
    let before = number(before)?;
    let mut cursor = Cursor::new(before, BTreeSet::new());
    let mut last = before;
    for step in listed(ended) {
        last = last.checked_add(number(step)?)?;
        cursor.ended.insert(last);
    }
    for entry in listed(begun) {
        let (begun, until) = entry.split_once(':')?;
        cursor.begun.insert(number(begun)?, i64::try_from(number(until)?).ok()?);
    }
    Some(cursor)
}

fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split('-').filter(move |_| !text.is_empty())
}

fn number(hex: &str) -> Option<u64> {
    u64::from_str_radix(hex, 16).ok()
}

#[cfg(test)]
mod tests;
