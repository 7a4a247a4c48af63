//! A range of time as days, for counts that are kept by UTC day.

use std::ops::Range;

use time::{Date, Duration};

use crate::query::{Instants, QUARTERS_A_DAY, Quarter, first_quarter_utc};

/// A range of time as whole UTC days and parts of days.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WholeDays {
    /// The whole days; none where the last lies before the first.
    pub(super) first: Date,
    pub(super) last: Date,
    pub(super) parts: Vec<Part>,
}

/// A part of a UTC day that is added, or taken away from a whole day: whichever has fewer quarters to be added up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) date: Date,
    pub(super) quarters: Range<Quarter>,
    pub(super) is_taken_away: bool,
}

impl WholeDays {
    /// The days of `instants`.
    pub(super) fn of(instants: Instants) -> Self {
        let range = instants.quarters();
        let (first, last) = instants.utc_days();
        let mut days = Self { first, last, parts: Vec::new() };
        if !days.is_whole(first, &range) {
            days.first = first.saturating_add(Duration::DAY);
        }
        if last != first && !days.is_whole(last, &range) {
            days.last = last.saturating_sub(Duration::DAY);
        }
        days
    }

    /// Whether most of a day lies in the range; either way, notes what makes it exact.
    fn is_whole(&mut self, date: Date, range: &Range<Quarter>) -> bool {
        let start = first_quarter_utc(date);
        let day = start..start + QUARTERS_A_DAY;
        let inside = day.start.max(range.start)..day.end.min(range.end);
        let is_whole = (inside.end - inside.start) * 2 > QUARTERS_A_DAY;
        let parts = if is_whole { vec![day.start..inside.start, inside.end..day.end] } else { vec![inside] };
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        self.parts.extend(parts.map(|quarters| Part { date, quarters, is_taken_away: is_whole }));
        is_whole
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_day_is_counted_whole_less_what_is_outside_or_not_at_all_but_what_is_inside() {
        let midnight = first_quarter_utc(date!(2026 - 11 - 02));
        let days = |range: Range<Quarter>| WholeDays::of(Instants::of(range));
        let utc = days(midnight..midnight + 2 * QUARTERS_A_DAY);
        assert_eq!((utc.first, utc.last), (date!(2026 - 11 - 02), date!(2026 - 11 - 03)));
        assert_eq!(utc.parts, []);
        // Two hours before midnight, in a zone east of UTC.
        let east = days(midnight - 8..midnight + QUARTERS_A_DAY - 8);
        assert_eq!((east.first, east.last), (date!(2026 - 11 - 02), date!(2026 - 11 - 02)));
        let part = |date, quarters, is_taken_away| Part { date, quarters, is_taken_away };
        let end = midnight + QUARTERS_A_DAY;
        let added = part(date!(2026 - 11 - 01), midnight - 8..midnight, false);
        assert_eq!(east.parts, [added, part(date!(2026 - 11 - 02), end - 8..end, true)]);
        // A spring day in London lies in one UTC day.
        let short = days(midnight..midnight + 92);
        assert_eq!(short.parts, [part(date!(2026 - 11 - 02), midnight + 92..end, true)]);
        assert_eq!(short.first, short.last);
    }
}
