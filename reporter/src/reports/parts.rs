//! What a report by day adds up: whole UTC days from rollups, and parts of days at both ends of a period from raw rows.

use std::ops::Range;

use time::{Date, Duration};

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{Instants, Period, QUARTERS_A_DAY, Quarter, first_quarter_utc};
use crate::reports::period::Days;
use crate::reports::quarters::{Counts, Quarters};

/// Most raw rows that are counted for the parts of days at the ends of a period; past it, UTC days are counted.
pub(super) const EDGE_EVENTS_MAX: i64 = 20_000;

/// What a report by day adds up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    /// Which days that makes.
    pub(super) days: Days,
    /// UTC days that are counted from rollups; the last before the first where there are none.
    pub(super) whole: (Date, Date),
    /// Ranges that are counted from raw rows.
    pub(super) raw: Vec<Instants>,
    /// How many raw rows there are in those, if they are still kept.
    pub(super) raw_events: i64,
}

impl Parts {
    /// What adds up to the local days of a period, where few enough raw rows do; else the UTC days of the same dates.
    ///
    /// A part of a day in which all of its events lie, or none, needs no raw rows. `count` says which events are meant.
    pub(super) async fn of(
        snapshot: &Snapshot<'_>,
        scope: &ProjectScope,
        period: Period,
        instants: Instants,
        count: fn(Counts) -> i64,
    ) -> Result<Self, DatabaseError> {
        let range = instants.quarters();
        let (first, last) = instants.utc_days();
        let read = async |date: Date| Part::read(snapshot, scope, date, &range, count).await;
        let (head, tail) = if first == last {
            (read(first).await?, None)
        } else {
            tokio::try_join!(read(first), read(last))?
        };
        let mut parts = Self { days: Days::Local, whole: (first, last), raw: Vec::new(), raw_events: 0 };
        if let Some(head) = head {
            parts.leave_out(head, |whole| whole.0 = whole.0.saturating_add(Duration::DAY));
        }
        if let Some(tail) = tail {
            parts.leave_out(tail, |whole| whole.1 = whole.1.saturating_sub(Duration::DAY));
        }
        Ok(if parts.raw_events > EDGE_EVENTS_MAX { Self::utc(period) } else { parts })
    }

    /// The UTC days of the same dates.
    pub(super) fn utc(period: Period) -> Self {
        Self { days: Days::Utc, whole: (period.from(), period.to()), raw: Vec::new(), raw_events: 0 }
    }

    fn leave_out(&mut self, part: Part, shorten: fn(&mut (Date, Date))) {
        if part.inside == part.whole {
            return;
        }
        shorten(&mut self.whole);
        if part.inside > 0 {
            self.raw.push(Instants::of(part.quarters));
            self.raw_events += part.inside;
        }
    }
}

/// A UTC day of which a period has a part.
struct Part {
    quarters: Range<Quarter>,
    /// Events in that part.
    inside: i64,
    /// Events of the day.
    whole: i64,
}

impl Part {
    /// `None` for a day that lies in the period with all its quarters: nobody has to be asked.
    async fn read(
        snapshot: &Snapshot<'_>,
        scope: &ProjectScope,
        date: Date,
        range: &Range<Quarter>,
        count: fn(Counts) -> i64,
    ) -> Result<Option<Self>, DatabaseError> {
        let start = first_quarter_utc(date);
        let day = start..start + QUARTERS_A_DAY;
        let quarters = day.start.max(range.start)..day.end.min(range.end);
        if quarters == day {
            return Ok(None);
        }
        let counts = Quarters::read(snapshot, scope, day.clone(), [quarters.start, quarters.end]).await?;
        let (inside, whole) = (count(counts.sum(quarters.clone())), count(counts.sum(day)));
        Ok(Some(Self { quarters, inside, whole }))
    }
}
