//! Which quarters of an hour local days and hours are made of.
//!
//! How far a zone is from UTC, and when that changes, is Postgres's to know; with that, a calendar is arithmetic.

use std::ops::Range;

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, UtcOffset};

use crate::db::{DatabaseError, Snapshot};
use crate::query::period::{Interval, Period};
use crate::query::time_zones::TimeZone;

/// The grain of all local time, in seconds.
const QUARTER_S: i64 = 900;
/// Quarters of an hour in a UTC day.
pub(crate) const QUARTERS_A_DAY: i64 = 96;
/// Days asked for beyond a range on each side: no zone is farther from UTC, nor does a clock change move a day's start so far.
const MARGIN_DAYS: i64 = 2;

/// A quarter of an hour, counted from 1970 in UTC.
pub(crate) type Quarter = i64;

/// A half-open range of time, both ends on a quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instants {
    /// The first instant.
    pub(crate) starts_at: OffsetDateTime,
    /// The first instant after it.
    pub(crate) ends_at: OffsetDateTime,
}

/// One interval of a series; it ends where the next begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slice {
    /// Where it starts, as a client is told: a local date, or for hours the local time with its offset.
    pub(crate) at: String,
    /// Its first quarter, which is its next one's where no time of the period lies in it.
    pub(crate) starts: Quarter,
}

/// How far a zone is from UTC, around the range that it was read for.
#[derive(Debug)]
pub(super) struct Calendar {
    /// In order; the first holds since ever.
    changes: Vec<Change>,
}

#[derive(Debug, Clone, Copy)]
struct Change {
    starts: Quarter,
    offset_s: i64,
}

impl Instants {
    /// The quarters from `start` to before `end`.
    pub(crate) fn of(quarters: Range<Quarter>) -> Self {
        Self { starts_at: instant(quarters.start), ends_at: instant(quarters.end) }
    }

    /// Its quarters.
    pub(crate) fn quarters(self) -> Range<Quarter> {
        quarter(self.starts_at)..quarter(self.ends_at)
    }

    /// The UTC days that it touches, both included.
    pub(crate) fn utc_days(self) -> (Date, Date) {
        (self.starts_at.date(), self.ends_at.saturating_sub(Duration::NANOSECOND).date())
    }
}

/// The quarter that an instant lies in.
fn quarter(at: OffsetDateTime) -> Quarter {
    at.unix_timestamp().div_euclid(QUARTER_S)
}

/// When a quarter starts. All quarters here are those of a [`Period`]'s years, which a timestamp can hold.
fn instant(quarter: Quarter) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::seconds(quarter.saturating_mul(QUARTER_S)))
}

/// The first quarter of a UTC day.
pub(crate) fn first_quarter_utc(date: Date) -> Quarter {
    quarter(date.midnight().assume_utc())
}

impl Calendar {
    /// The calendar of `zone` for local days from `first` to `last`. UTC's is asked of nobody.
    pub(super) async fn read(
        zone: &TimeZone,
        first: Date,
        last: Date,
        snapshot: &Snapshot<'_>,
    ) -> Result<Self, DatabaseError> {
        if zone.is_utc() {
            return Ok(Self { changes: vec![Change { starts: Quarter::MIN, offset_s: 0 }] });
        }
        let from = first.saturating_sub(Duration::days(MARGIN_DAYS)).midnight().assume_utc();
        let to = last.saturating_add(Duration::days(MARGIN_DAYS)).midnight().assume_utc();
        let rows = snapshot.rows(include_str!("utc_offsets.sql"), &[&zone.as_str(), &from, &to]).await?;
        let change = |row: &tokio_postgres::Row| {
            let offset_s: i32 = row.try_get("offset_s")?;
            Ok(Change { starts: quarter(row.try_get("starts_at")?), offset_s: offset_s.into() })
        };
        let mut changes = rows.iter().map(change).collect::<Result<Vec<_>, tokio_postgres::Error>>()?;
        if let Some(first) = changes.first_mut() {
            first.starts = Quarter::MIN;
        }
        Ok(Self { changes })
    }

    /// The local day of an instant.
    pub(super) fn day_of(&self, at: OffsetDateTime) -> Date {
        at.saturating_add(Duration::seconds(self.offset_s(quarter(at)))).date()
    }

    /// When a range of local days starts and ends.
    pub(super) fn instants(&self, period: Period) -> Instants {
        let after = period.to().saturating_add(Duration::DAY);
        Instants::of(self.first_quarter(period.from())..self.first_quarter(after))
    }

    /// Every interval of a period, in order.
    pub(super) fn slices(&self, period: Period, interval: Interval) -> Result<Vec<Slice>, DatabaseError> {
        let quarters = self.instants(period).quarters();
        if interval == Interval::Hour {
            return self.hours(quarters);
        }
        let slice =
            |date| Ok(Slice { at: local_date(date)?, starts: self.first_quarter(date).max(quarters.start) });
        period.starts(interval).map(slice).collect()
    }

    /// The hours of the local clock. One is told from its double, when clocks go back, by its offset; it starts at its first
    /// quarter, which need not be minute 0: where clocks move by half an hour, so may an hour.
    fn hours(&self, quarters: Range<Quarter>) -> Result<Vec<Slice>, DatabaseError> {
        let (mut hours, mut current) = (Vec::new(), None);
        for starts in quarters {
            let offset_s = self.offset_s(starts);
            let hour = ((starts * QUARTER_S + offset_s).div_euclid(3_600), offset_s);
            if current.replace(hour) != Some(hour) {
                hours.push(Slice { at: local_time(starts, offset_s)?, starts });
            }
        }
        Ok(hours)
    }

    fn offset_s(&self, quarter: Quarter) -> i64 {
        let change = self.changes.iter().rev().find(|change| change.starts <= quarter);
        change.map_or(0, |change| change.offset_s)
    }

    /// The first quarter of a local day: a local midnight may come twice (Havana in autumn) or not at all (Cairo in spring).
    fn first_quarter(&self, date: Date) -> Quarter {
        let midnight_s = date.midnight().assume_utc().unix_timestamp();
        let ends = self.changes.iter().skip(1).map(|change| change.starts).chain([Quarter::MAX]);
        let mut since = self.changes.iter().zip(ends).map(|(change, ends)| {
            let starts = -(change.offset_s - midnight_s).div_euclid(QUARTER_S);
            (starts.max(change.starts), ends)
        });
        since.find(|(starts, ends)| starts < ends).map_or(0, |(starts, _)| starts)
    }
}

/// A local date as the API writes it.
pub(crate) fn local_date(date: Date) -> Result<String, DatabaseError> {
    date.format(format_description!("[year]-[month]-[day]")).map_err(DatabaseError::unexpected)
}

/// A quarter's start by the local clock. Offsets of the past that had seconds are told without them.
fn local_time(quarter: Quarter, offset_s: i64) -> Result<String, DatabaseError> {
    let minutes = i32::try_from(offset_s / 60).map_err(DatabaseError::unexpected)?;
    let offset = UtcOffset::from_whole_seconds(minutes * 60).map_err(DatabaseError::unexpected)?;
    instant(quarter).to_offset(offset).format(&Rfc3339).map_err(DatabaseError::unexpected)
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    fn calendar(changes: &[(OffsetDateTime, i64)]) -> Calendar {
        let mut changes: Vec<Change> = changes
            .iter()
            .map(|(at, offset_s)| Change { starts: quarter(*at), offset_s: *offset_s })
            .collect();
        changes[0].starts = Quarter::MIN;
        Calendar { changes }
    }

    #[test]
    fn a_midnight_that_comes_twice_starts_a_day_once_and_one_that_never_comes_starts_it_late() {
        let havana = calendar(&[
            (OffsetDateTime::UNIX_EPOCH, -4 * 3_600),
            (datetime!(2026-11-01 05:00 UTC), -5 * 3_600),
        ]);
        assert_eq!(instant(havana.first_quarter(date!(2026 - 11 - 01))), datetime!(2026-11-01 04:00 UTC));
        assert_eq!(instant(havana.first_quarter(date!(2026 - 11 - 02))), datetime!(2026-11-02 05:00 UTC));
        let cairo = calendar(&[
            (OffsetDateTime::UNIX_EPOCH, 2 * 3_600),
            (datetime!(2026-04-23 22:00 UTC), 3 * 3_600),
        ]);
        assert_eq!(instant(cairo.first_quarter(date!(2026 - 04 - 24))), datetime!(2026-04-23 22:00 UTC));
        assert_eq!(cairo.day_of(datetime!(2026-04-23 21:59:59 UTC)), date!(2026 - 04 - 23));
    }

    #[test]
    fn a_day_that_was_left_out_is_empty() {
        // Samoa went from one side of the date line to the other.
        let apia = calendar(&[
            (OffsetDateTime::UNIX_EPOCH, -10 * 3_600),
            (datetime!(2011-12-30 10:00 UTC), 14 * 3_600),
        ]);
        let starts = |date| apia.first_quarter(date);
        assert_eq!(starts(date!(2011 - 12 - 30)), starts(date!(2011 - 12 - 31)));
        assert!(starts(date!(2011 - 12 - 29)) < starts(date!(2011 - 12 - 30)));
    }

    #[test]
    fn an_offset_of_seconds_rounds_a_day_up_to_its_first_quarter() {
        let monrovia = calendar(&[(OffsetDateTime::UNIX_EPOCH, -2_670)]);
        let starts = monrovia.first_quarter(date!(1971 - 01 - 02));
        assert_eq!(instant(starts), datetime!(1971-01-02 00:45 UTC));
        assert_eq!(local_time(starts, -2_670).unwrap(), "1971-01-02T00:01:00-00:44");
    }
}
