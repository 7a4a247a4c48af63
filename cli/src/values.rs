//! Values of the command line, parsed once.

use std::fmt;
use std::str::FromStr;

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};

/// Longest name, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 200;

/// What people call a project or a key: 1 to [`NAME_CHARS_MAX`] characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim();
        let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count());
        match fits && !name.chars().any(char::is_control) {
            true => Ok(Self(name.to_owned())),
            false => {
                Err(format!("a name is 1 to {NAME_CHARS_MAX} characters, none of them a control character"))
            }
        }
    }
}

/// An origin that a project may allow, in a form that collectors understand.
#[derive(Debug, Clone)]
pub(crate) struct Origin(String);

impl Origin {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match collector::projects::takes_origin(text) {
            true => Ok(Self(text.to_owned())),
            false => Err("write an origin as https://example.com or https://*.example.com, with its port if it has one, \
                          and without a path".to_owned()),
        }
    }
}

/// The public half of a key.
#[derive(Debug, Clone)]
pub(crate) struct KeyId(String);

impl KeyId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match shared::secret_key::is_key_id(text) {
            true => Ok(Self(text.to_owned())),
            // The text may be a whole key: it is not repeated.
            false => Err("a key id is the 12 digits between the two underscores of the key".to_owned()),
        }
    }
}

/// A moment, as `2026-11-23T12:00:00Z`, or as `2026-11-23` for the start of that day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) OffsetDateTime);

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
        let start = day.map(|day| PrimitiveDateTime::new(day, Time::MIDNIGHT).assume_utc());
        start.or_else(|_| OffsetDateTime::parse(text, &Rfc3339)).map(Self).map_err(|_| {
            "write a moment as 2026-11-23T12:00:00Z, or as 2026-11-23 for that day's start in UTC".to_owned()
        })
    }
}

/// A UTC day, as `2026-11-23`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day(pub(crate) Date);

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
        day.map(Self).map_err(|_| "write a day as 2026-11-23; days are those of UTC".to_owned())
    }
}

/// `on` or `off`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Switch {
    /// It is done.
    On,
    /// It is not.
    Off,
}

impl Switch {
    pub(crate) fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

/// A moment to show: to the second, in UTC.
pub(crate) struct Shown(pub(crate) Option<OffsetDateTime>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        let shown = self.0.and_then(|at| at.to_offset(time::UtcOffset::UTC).format(second).ok());
        f.write_str(shown.as_deref().unwrap_or("-"))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_name_is_taken_at_its_longest_and_refused_one_past_it() {
        assert!("ä".repeat(NAME_CHARS_MAX).parse::<Name>().is_ok());
        for refused in ["", "  ", "a\u{1b}b", &"a".repeat(NAME_CHARS_MAX + 1)] {
            assert!(refused.parse::<Name>().is_err(), "{refused:?}");
        }
    }

    #[test]
    fn a_day_is_its_start_in_utc() {
        assert_eq!("2026-11-23".parse(), Ok(Moment(datetime!(2026-11-23 00:00 UTC))));
        assert_eq!("2026-11-23T12:00:00+02:00".parse(), Ok(Moment(datetime!(2026-11-23 10:00 UTC))));
        assert!("yesterday".parse::<Moment>().is_err());
        assert_eq!("2026-11-23".parse(), Ok(Day(datetime!(2026-11-23 00:00 UTC).date())));
        assert!("2026-02-29".parse::<Day>().is_err() && "2026-11-23T12:00:00Z".parse::<Day>().is_err());
    }

    #[test]
    fn a_whole_key_given_for_its_id_is_not_repeated() {
        let key = format!("ffk_0123456789ab_{}", "0f".repeat(32));
        assert!(!key.parse::<KeyId>().unwrap_err().contains("0f0f"));
        assert!("0123456789ab".parse::<KeyId>().is_ok());
    }
}
