//! What a day's events are broken down by: dimensions, and an event's value in each.
//!
//! The writer counts values as they arrive; whoever counts raw rows again must come to the same.

use std::borrow::Cow;

use crate::user_agent::Device;

/// Longest page, in bytes; what is past it is cut. With the rest of an index key it stays far below 2,704 bytes.
pub const PAGE_BYTES_MAX: usize = 512;
/// Longest host of a referrer, in bytes: what DNS allows.
pub const HOST_BYTES_MAX: usize = 255;
/// Longest label, in bytes: what a collector lets through; an import may hold longer ones.
pub const LABEL_BYTES_MAX: usize = crate::event::LABEL_BYTES_MAX;
/// Longest question, in bytes: a long sentence in any script. What is longer differs by its beginning, or is rarely asked twice.
pub const QUESTION_BYTES_MAX: usize = 300;
/// Longest name of a city or country, in bytes.
pub const PLACE_NAME_BYTES_MAX: usize = 128;

/// What a day's events are counted by. The numbers stand in the tables and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum Dimension {
    /// Where impressions came from, as a JSON array: country, city, latitude, longitude.
    Place = 1,
    /// The page of an impression: host and path.
    Page = 2,
    /// The host that an impression was referred by.
    Referrer = 3,
    /// The kind of device of an impression.
    Device = 4,
    /// The family of browsers of an impression.
    Browser = 5,
    /// The label of an interaction.
    Label = 6,
    /// What was asked, of an `ask_question`.
    Question = 7,
    /// The label of a `click_contact`, as "Email".
    ContactLabel = 8,
}

impl Dimension {
    /// Every dimension, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Place,
        Self::Page,
        Self::Referrer,
        Self::Device,
        Self::Browser,
        Self::Label,
        Self::Question,
        Self::ContactLabel,
    ];

    /// The number in the tables.
    pub fn number(self) -> i16 {
        self as i16
    }

    /// The dimension of a number in the tables; `None` for one of a later release.
    pub fn of_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.number() == number)
    }

    /// Its name, for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::Page => "page",
            Self::Referrer => "referrer",
            Self::Device => "device",
            Self::Browser => "browser",
            Self::Label => "label",
            Self::Question => "question",
            Self::ContactLabel => "contact_label",
        }
    }
}

/// An event's value in one dimension; becomes text only once a batch's events are added up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key<'a> {
    /// Of which dimension.
    pub dimension: Dimension,
    value: Value<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Value<'a> {
    Text(Cow<'a, str>),
    Place(PlaceValue<'a>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct PlaceValue<'a> {
    country: Option<&'a str>,
    city: Option<&'a str>,
    /// Bits: a key must be equal to itself.
    lat: Option<u64>,
    lng: Option<u64>,
}

impl<'a> Key<'a> {
    fn text(dimension: Dimension, text: impl Into<Cow<'a, str>>) -> Self {
        Self { dimension, value: Value::Text(text.into()) }
    }

    /// A place; each part as far as known.
    pub fn place(
        country: Option<&'a str>,
        city: Option<&'a str>,
        lat: Option<f64>,
        lng: Option<f64>,
    ) -> Self {
        // Adding zero turns the negative zero, which Postgres takes for the same, into the other.
        let bits = |degrees: Option<f64>| degrees.map(|degrees| (degrees + 0.0).to_bits());
        let name = |name: Option<&'a str>| name.map(|name| cut(name, PLACE_NAME_BYTES_MAX));
        let place = PlaceValue { country: name(country), city: name(city), lat: bits(lat), lng: bits(lng) };
        Self { dimension: Dimension::Place, value: Value::Place(place) }
    }

    /// The page of a URL: host and path, without scheme, query and fragment.
    pub fn page(url: &'a str) -> Self {
        let end = url.find(['?', '#']).unwrap_or(url.len());
        let page = without_scheme(&url[..end]);
        Self::text(Dimension::Page, cut(page, PAGE_BYTES_MAX))
    }

    /// The host of a referrer, in small letters and without its port; empty where there is none.
    pub fn referrer(referrer: Option<&'a str>) -> Self {
        let host = host(referrer.unwrap_or_default());
        let host = match host.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(host.to_ascii_lowercase()),
            false => Cow::Borrowed(host),
        };
        Self::text(Dimension::Referrer, host)
    }

    /// A kind of device.
    pub fn device(device: Device) -> Self {
        Self::text(Dimension::Device, device.as_str())
    }

    /// A family of browsers.
    pub fn browser(family: &'a str) -> Self {
        Self::text(Dimension::Browser, family)
    }

    /// An interaction's label; empty where it has none.
    pub fn label(label: Option<&'a str>) -> Self {
        Self::text(Dimension::Label, cut(label.unwrap_or_default(), LABEL_BYTES_MAX))
    }

    /// What an `ask_question` asked: the text under `question` in its data, without the white space around it; empty where there is
    /// none. The visitor's own words: whoever erases a visitor counts the day anew.
    pub fn question(text: Option<&'a str>) -> Self {
        // Cut between two words, it would end in white space.
        let text = cut(text.unwrap_or_default().trim(), QUESTION_BYTES_MAX).trim_end();
        Self::text(Dimension::Question, text)
    }

    /// The label of a `click_contact`; empty where it has none.
    pub fn contact_label(label: Option<&'a str>) -> Self {
        Self::text(Dimension::ContactLabel, cut(label.unwrap_or_default(), LABEL_BYTES_MAX))
    }

    /// The value as it stands in the tables.
    pub fn into_text(self) -> Cow<'a, str> {
        match self.value {
            Value::Text(text) => text,
            Value::Place(PlaceValue { country, city, lat, lng }) => {
                let parts = (country, city, lat.map(f64::from_bits), lng.map(f64::from_bits));
                // These types always serialise.
                serde_json::to_string(&parts).unwrap_or_default().into()
            }
        }
    }
}

fn without_scheme(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_scheme, rest)| rest)
}

fn host(url: &str) -> &str {
    let rest = without_scheme(url);
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host = authority.rsplit_once('@').map_or(authority, |(_user, host)| host);
    let end = match host.find(']') {
        Some(bracket) if host.starts_with('[') => bracket + 1,
        _ => host.find(':').unwrap_or(host.len()),
    };
    cut(&host[..end], HOST_BYTES_MAX)
}

/// The longest beginning of `text` that has at most `bytes_max` bytes.
fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_host_and_path() {
        for (url, page) in [
            ("https://example.com/a/b?c=d#e", "example.com/a/b"),
            ("https://example.com", "example.com"),
            ("https://example.com/#?x", "example.com/"),
            ("not a url", "not a url"),
            ("", ""),
        ] {
            assert_eq!(Key::page(url).into_text(), page, "{url}");
        }
    }

    #[test]
    fn a_referrer_is_its_host() {
        for (referrer, host) in [
            (Some("https://www.Google.com/search?q=a"), "www.google.com"),
            (Some("http://me:pw@example.com:8080/"), "example.com"),
            (Some("android-app://com.example.app/"), "com.example.app"),
            (Some("https://[2001:db8::1]:443/"), "[2001:db8::1]"),
            (Some("https://a?b@c"), "a"),
            (Some(""), ""),
            (None, ""),
        ] {
            assert_eq!(Key::referrer(referrer).into_text(), host, "{referrer:?}");
        }
    }

    #[test]
    fn a_value_is_kept_at_its_longest_and_cut_one_past_it_between_two_letters() {
        let longest = "ä".repeat(PAGE_BYTES_MAX / 2);
        assert_eq!(Key::page(&longest).into_text(), longest);
        assert_eq!(Key::page(&format!("{longest}ä")).into_text(), longest);
        assert_eq!(Key::label(Some(&"a".repeat(LABEL_BYTES_MAX + 1))).into_text().len(), LABEL_BYTES_MAX);
        assert_eq!(Key::label(Some(&format!("a{}", "ä".repeat(128)))).into_text().len(), LABEL_BYTES_MAX - 1);
    }

    #[test]
    fn a_question_is_kept_as_it_was_asked_but_for_the_white_space_around_it_and_its_end() {
        for (asked, question) in [
            (Some("  What does it  cost?\n"), "What does it  cost?"),
            (Some("\u{a0}\u{3000}"), ""),
            (None, ""),
        ] {
            assert_eq!(Key::question(asked).into_text(), question, "{asked:?}");
        }
        let longest = "ä".repeat(QUESTION_BYTES_MAX / 2);
        assert_eq!(Key::question(Some(&format!(" {longest} "))).into_text(), longest);
        assert_eq!(Key::question(Some(&format!("{longest}ä"))).into_text(), longest);
        let between_words = format!("{} b", "a".repeat(QUESTION_BYTES_MAX - 1));
        assert_eq!(Key::question(Some(&between_words)).into_text().len(), QUESTION_BYTES_MAX - 1);
    }

    #[test]
    fn a_place_is_json_whatever_its_name() {
        let place = Key::place(Some("IL"), Some("\"]a"), Some(32.0853), Some(-0.0)).into_text().into_owned();
        assert_eq!(place, r#"["IL","\"]a",32.0853,0.0]"#);
        assert_eq!(Key::place(None, None, Some(f64::NAN), None).into_text(), "[null,null,null,null]");
    }

    #[test]
    fn a_dimension_is_found_by_its_number() {
        for dimension in Dimension::ALL {
            assert_eq!(Dimension::of_number(dimension.number()), Some(dimension));
        }
        assert_eq!(Dimension::of_number(9), None);
    }
}
