//! Which local days are asked for, and how finely: pure, today is an argument.

use time::macros::format_description;
use time::{Date, Duration};

use crate::query::InvalidQuery;

/// Longest period, in days: two years, one of them a leap year.
pub(crate) const PERIOD_DAYS_MAX: i64 = 731;
/// Longest period at an hour's interval, in days.
pub(crate) const HOURLY_PERIOD_DAYS_MAX: i64 = 62;
/// Length of the period where `from` is not given, in days.
pub(crate) const DEFAULT_PERIOD_DAYS: i64 = 30;
/// The years a date may lie in: room on both sides for the period before it and the day after it.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

/// How finely a series is cut. Weeks start on Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Interval {
    /// One count an hour of the clock.
    Hour,
    /// One count a local day.
    #[default]
    Day,
    /// One count a week.
    Week,
    /// One count a calendar month.
    Month,
}

impl Interval {
    /// Every interval, finest first.
    pub(crate) const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// The name in the query string.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// A range of local days, both included: 1 to [`PERIOD_DAYS_MAX`] of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    from: Date,
    to: Date,
}

impl Period {
    /// The period asked for, with what was left out filled in: up to today, [`DEFAULT_PERIOD_DAYS`] long.
    ///
    /// # Errors
    /// [`InvalidQuery`] where it ends before it starts, or is too long for `interval`.
    pub(crate) fn new(
        from: Option<Date>,
        to: Option<Date>,
        interval: Interval,
        today: Date,
    ) -> Result<Self, InvalidQuery> {
        let to = to.unwrap_or(today);
        let from = from.unwrap_or_else(|| to.saturating_sub(Duration::days(DEFAULT_PERIOD_DAYS - 1)));
        if from > to {
            return Err(InvalidQuery::new("from", format!("must not be after the period's last day, {to}")));
        }
        let period = Self { from, to };
        let days_max = if interval == Interval::Hour { HOURLY_PERIOD_DAYS_MAX } else { PERIOD_DAYS_MAX };
        if period.days() > days_max {
            let problem = format!(
                "the period from {from} to {to} is {} days long; at interval={} ask for at most {days_max}",
                period.days(),
                interval.as_str()
            );
            return Err(InvalidQuery::new("from", problem));
        }
        Ok(period)
    }

    /// The first local day.
    pub(crate) fn from(self) -> Date {
        self.from
    }

    /// The last local day, which belongs to the period.
    pub(crate) fn to(self) -> Date {
        self.to
    }

    /// The same number of days, right before.
    pub(crate) fn previous(self) -> Self {
        let to = self.from.saturating_sub(Duration::DAY);
        Self { from: to.saturating_sub(Duration::days(self.days() - 1)), to }
    }

    /// Where each interval of days starts: weeks and months at their first day, even where that lies before the period.
    ///
    /// Hours are no matter of days; for them these are the days.
    pub(crate) fn starts(self, interval: Interval) -> impl Iterator<Item = Date> {
        let first = match interval {
            Interval::Hour | Interval::Day => self.from,
            Interval::Week => {
                let since_monday = self.from.weekday().number_days_from_monday();
                self.from.saturating_sub(Duration::days(since_monday.into()))
            }
            Interval::Month => self.from.replace_day(1).unwrap_or(self.from),
        };
        let next = move |date: &Date| match interval {
            Interval::Hour | Interval::Day => date.next_day(),
            Interval::Week => date.checked_add(Duration::WEEK),
            // The first of a month and as many days are the first of the next.
            Interval::Month => date.checked_add(Duration::days(date.month().length(date.year()).into())),
        };
        std::iter::successors(Some(first), next).take_while(move |date| *date <= self.to)
    }

    fn days(self) -> i64 {
        (self.to - self.from).whole_days() + 1
    }
}

/// A date as `2026-11-23`, within [`YEARS`].
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    // The parser alone would take a sign, too.
    let plain = text.len() == 10 && text.starts_with(|first: char| first.is_ascii_digit());
    let date = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
    (plain && YEARS.contains(&date.year())).then_some(date)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const TODAY: Date = date!(2026 - 11 - 23);

    fn period(from: Option<Date>, to: Option<Date>, interval: Interval) -> Result<Period, InvalidQuery> {
        Period::new(from, to, interval, TODAY)
    }

    #[test]
    fn the_default_is_the_last_thirty_days_with_today() {
        let default = period(None, None, Interval::Day).unwrap();
        assert_eq!((default.from(), default.to()), (date!(2026 - 10 - 25), TODAY));
    }

    #[test]
    fn a_given_end_is_what_the_default_start_counts_from() {
        let period = period(None, Some(date!(2026 - 03 - 01)), Interval::Day).unwrap();
        assert_eq!(period.from(), date!(2026 - 01 - 31));
    }

    #[test]
    fn the_previous_period_is_as_long_and_ends_the_day_before() {
        let period = period(Some(date!(2026 - 03 - 01)), Some(date!(2026 - 03 - 03)), Interval::Day).unwrap();
        let previous = period.previous();
        assert_eq!((previous.from(), previous.to()), (date!(2026 - 02 - 26), date!(2026 - 02 - 28)));
    }

    #[test]
    fn the_longest_period_is_taken_and_one_day_more_refused() {
        for (interval, days_max) in
            [(Interval::Month, PERIOD_DAYS_MAX), (Interval::Hour, HOURLY_PERIOD_DAYS_MAX)]
        {
            let from = TODAY - Duration::days(days_max - 1);
            assert!(period(Some(from), None, interval).is_ok());
            let refused = period(Some(from - Duration::DAY), None, interval).unwrap_err();
            assert_eq!(refused.field(), "from");
        }
    }

    #[test]
    fn a_start_after_the_end_is_refused_even_when_the_end_is_today_by_default() {
        assert!(period(Some(date!(2026 - 11 - 24)), None, Interval::Day).is_err());
        assert!(period(Some(TODAY), None, Interval::Day).is_ok());
    }

    #[test]
    fn weeks_start_on_monday_and_months_on_their_first() {
        let period = period(Some(date!(2026 - 01 - 29)), Some(date!(2026 - 03 - 01)), Interval::Day).unwrap();
        let starts = |interval| period.starts(interval).collect::<Vec<_>>();
        assert_eq!(
            starts(Interval::Month),
            [date!(2026 - 01 - 01), date!(2026 - 02 - 01), date!(2026 - 03 - 01)]
        );
        assert_eq!(starts(Interval::Week)[..2], [date!(2026 - 01 - 26), date!(2026 - 02 - 02)]);
        assert_eq!(starts(Interval::Week).len(), 5);
        assert_eq!(starts(Interval::Day).len(), 32);
    }

    #[test]
    fn only_plain_dates_of_sane_years_are_dates() {
        assert_eq!(parse_date("2026-11-23"), Some(TODAY));
        for text in [
            "2026-11-31",
            "2026-1-2",
            "20261123",
            "+2026-11-23",
            "-026-11-23",
            "1969-12-31",
            "2200-01-01",
            "",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }
}
