//! A query string becomes a [`ReportQuery`], and that a [`Question`]: what can't be answered is refused here.

mod breakdown;
mod calendar;
mod cluster;
pub(crate) mod fuzzed;
mod parameters;
mod period;
mod question;
mod takes;
mod time_zones;

use shared::ids::ProjectId;
use time::Date;

pub(crate) use self::breakdown::{Breakdown, FILTER_VALUES_MAX, Kind, Property};
pub(crate) use self::calendar::{Instants, QUARTERS_A_DAY, Quarter, first_quarter_utc, local_date};
pub(crate) use self::cluster::{Cluster, ZOOM_MAX};
pub(crate) use self::parameters::parameters;
use self::period::parse_date;
pub(crate) use self::period::{Interval, Period};
pub(crate) use self::question::{Question, UnansweredQuery};
use self::takes::Limit;
pub(crate) use self::takes::{LIST_MAX, Takes};
pub(crate) use self::time_zones::TimeZones;

/// Most projects a client may choose in one question.
pub(crate) const PROJECT_IDS_MAX: usize = 100;
/// Most of an unknown parameter's name that an error repeats, in characters.
const ECHO_CHARS_MAX: usize = 40;

/// What a client asks, each parameter checked by itself; what needs Postgres's calendar is left to [`Question`].
///
/// Equal queries ask the same, at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct ReportQuery {
    from: Option<Date>,
    to: Option<Date>,
    tz: Option<String>,
    project_ids: Vec<ProjectId>,
    interval: Option<Interval>,
    compare_previous: Option<bool>,
    limit: Option<usize>,
    cluster: Cluster,
    breakdown: Option<Breakdown>,
}

/// Parameters that only some reports take, as far as they were read.
#[derive(Default)]
struct Further {
    cluster: Option<String>,
    zoom: Option<u8>,
    breakdown: breakdown::Reading,
}

/// What is wrong with a query, and with which parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub(crate) struct InvalidQuery {
    field: String,
    problem: String,
}

impl InvalidQuery {
    /// `problem` says what to change about `field`.
    pub(crate) fn new(field: &str, problem: impl Into<String>) -> Self {
        Self { field: field.to_owned(), problem: problem.into() }
    }

    /// What to change about the parameter.
    pub(crate) fn problem(&self) -> &str {
        &self.problem
    }

    /// The parameter's name.
    pub(crate) fn field(&self) -> &str {
        &self.field
    }
}

impl ReportQuery {
    /// Reads decoded name and value pairs.
    ///
    /// # Errors
    /// [`InvalidQuery`] at the first parameter that is unknown, given twice or not readable.
    pub(crate) fn parse(pairs: &[(String, String)], takes: Takes) -> Result<Self, InvalidQuery> {
        let (mut query, mut further) = (Self::default(), Further::default());
        for (name, value) in pairs {
            match name.as_str() {
                "from" => set_once(&mut query.from, name, date(name, value)?)?,
                "to" => set_once(&mut query.to, name, date(name, value)?)?,
                "tz" => set_once(&mut query.tz, name, value.clone())?,
                "project_id" => query.add_project(value)?,
                "interval" => set_once(&mut query.interval, name, interval(value)?)?,
                "compare" => set_once(&mut query.compare_previous, name, compare(value)?)?,
                _ => query.take_further(&mut further, takes, name, value)?,
            }
        }
        query.project_ids.sort_unstable();
        query.limit = query.limit.or(takes.limit.map(|limit| limit.default));
        query.cluster = Cluster::of(further.cluster.as_deref(), further.zoom)?;
        if takes.breakdown {
            query.breakdown = Some(further.breakdown.complete()?);
        }
        Ok(query)
    }

    /// The projects chosen; none where all of the scope are meant.
    pub(crate) fn project_ids(&self) -> &[ProjectId] {
        &self.project_ids
    }

    /// The same question of no projects in particular: what two may share whose scopes, narrowed, are equal.
    pub(crate) fn of_any_project(&self) -> Self {
        Self { project_ids: Vec::new(), ..self.clone() }
    }

    fn take_further(
        &mut self,
        further: &mut Further,
        takes: Takes,
        name: &str,
        value: &str,
    ) -> Result<(), InvalidQuery> {
        match (name, takes.limit) {
            ("limit", Some(of)) => return set_once(&mut self.limit, name, limit(value, of)?),
            ("cluster", _) if takes.cluster => return set_once(&mut further.cluster, name, value.to_owned()),
            ("zoom", _) if takes.cluster => return set_once(&mut further.zoom, name, cluster::zoom(value)?),
            _ if takes.breakdown && further.breakdown.take(name, value)? => return Ok(()),
            _ => {}
        }
        Err(takes.unknown(&name.chars().take(ECHO_CHARS_MAX).collect::<String>()))
    }

    fn add_project(&mut self, value: &str) -> Result<(), InvalidQuery> {
        let id = value.parse().map_err(|problem| InvalidQuery::new("project_id", format!("{problem}")))?;
        if self.project_ids.contains(&id) {
            return Ok(());
        }
        if self.project_ids.len() == PROJECT_IDS_MAX {
            return Err(InvalidQuery::new(
                "project_id",
                format!("name at most {PROJECT_IDS_MAX} projects, or none for all"),
            ));
        }
        self.project_ids.push(id);
        Ok(())
    }
}

/// The projects that `pairs` choose, of a query that has no other parameters.
///
/// # Errors
/// [`InvalidQuery`] at the first parameter that is another one or not readable.
pub(crate) fn chosen_projects(pairs: &[(String, String)]) -> Result<Vec<ProjectId>, InvalidQuery> {
    let mut query = ReportQuery::default();
    for (name, value) in pairs {
        if name != "project_id" {
            let shown: String = name.chars().take(ECHO_CHARS_MAX).collect();
            return Err(InvalidQuery::new(
                &shown,
                "there is no such parameter here; this takes project_id alone",
            ));
        }
        query.add_project(value)?;
    }
    Ok(query.project_ids)
}

fn set_once<T>(slot: &mut Option<T>, name: &str, value: T) -> Result<(), InvalidQuery> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(InvalidQuery::new(name, "is given twice; give it once")),
    }
}

fn date(name: &str, value: &str) -> Result<Date, InvalidQuery> {
    parse_date(value)
        .ok_or_else(|| InvalidQuery::new(name, "must be a date from 1970 to 2199, as 2026-11-23"))
}

fn interval(value: &str) -> Result<Interval, InvalidQuery> {
    let known = Interval::ALL.into_iter().find(|interval| interval.as_str() == value);
    known.ok_or_else(|| InvalidQuery::new("interval", "must be hour, day, week or month"))
}

fn compare(value: &str) -> Result<bool, InvalidQuery> {
    let known = (value == "previous").then_some(true);
    known
        .ok_or_else(|| InvalidQuery::new("compare", "must be previous; leave it out to compare with nothing"))
}

fn limit(value: &str, of: Limit) -> Result<usize, InvalidQuery> {
    let known = value.parse().ok().filter(|limit| (1..=of.max).contains(limit));
    known.ok_or_else(|| InvalidQuery::new("limit", format!("must be a number from 1 to {}", of.max)))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<ReportQuery, InvalidQuery> {
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ReportQuery::parse(&pairs, Takes::TOP_WIDGETS)
    }

    #[test]
    fn every_parameter_is_read() {
        let query = parse(&[
            ("from", "2026-11-01"),
            ("to", "2026-11-23"),
            ("tz", "Asia/Kathmandu"),
            ("project_id", "bot"),
            ("project_id", "form"),
            ("project_id", "bot"),
            ("interval", "week"),
            ("compare", "previous"),
            ("limit", "100"),
        ]);
        let expected = ReportQuery {
            from: Some(date!(2026 - 11 - 01)),
            to: Some(date!(2026 - 11 - 23)),
            tz: Some("Asia/Kathmandu".to_owned()),
            project_ids: vec!["bot".parse().unwrap(), "form".parse().unwrap()],
            interval: Some(Interval::Week),
            compare_previous: Some(true),
            limit: Some(100),
            ..ReportQuery::default()
        };
        assert_eq!(query, Ok(expected));
    }

    #[test]
    fn what_can_not_be_read_names_its_parameter() {
        for (name, value) in [
            ("from", "yesterday"),
            ("to", ""),
            ("interval", "minute"),
            ("interval", "Day"),
            ("compare", "next"),
            ("limit", "0"),
            ("limit", "101"),
            ("project_id", "A project"),
            ("form", "2026-11-01"),
        ] {
            assert_eq!(parse(&[(name, value)]).unwrap_err().field(), name, "{name}={value}");
        }
        assert_eq!(parse(&[("tz", "UTC"), ("tz", "UTC")]).unwrap_err().field(), "tz");
    }

    #[test]
    fn the_most_projects_are_taken_and_one_more_refused() {
        let names: Vec<String> = (0..=PROJECT_IDS_MAX).map(|n| format!("p{n}")).collect();
        let pairs: Vec<(&str, &str)> = names.iter().map(|name| ("project_id", name.as_str())).collect();
        assert!(parse(&pairs[..PROJECT_IDS_MAX]).is_ok());
        assert_eq!(parse(&pairs).unwrap_err().field(), "project_id");
    }

    #[test]
    fn a_report_without_a_limit_refuses_one_and_a_long_name_is_cut() {
        let pair = |name: &str| [(name.to_owned(), "3".to_owned())];
        assert_eq!(ReportQuery::parse(&pair("limit"), Takes::NOTHING).unwrap_err().field(), "limit");
        let refused = ReportQuery::parse(&pair(&"x".repeat(5_000)), Takes::NOTHING).unwrap_err();
        assert_eq!(refused.field().len(), ECHO_CHARS_MAX);
    }

    #[test]
    fn a_breakdown_reads_its_filters_in_any_order_as_one_question() {
        let parse = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> =
                pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            ReportQuery::parse(&pairs, Takes::BREAKDOWN)
        };
        let one = parse(&[("dimension", "page"), ("country", "US"), ("device", "mobile"), ("country", "IL")]);
        let other =
            parse(&[("country", "IL"), ("device", "mobile"), ("country", "US"), ("dimension", "page")]);
        assert_eq!(one, other);
        let breakdown = one.unwrap().breakdown.unwrap();
        assert!(breakdown.passes(Property::Country, "IL") && breakdown.passes(Property::City, "Haifa"));
        assert!(!breakdown.passes(Property::Device, ""));
        let too_long = "x".repeat(breakdown::FILTER_BYTES_MAX + 1);
        for (field, pairs) in [
            ("dimension", &[][..]),
            ("dimension", &[("dimension", "visitor_id")]),
            ("dimension", &[("dimension", "page"), ("dimension", "page")]),
            ("country", &[("dimension", "label"), ("country", "IL")]),
            ("event_type", &[("dimension", "city"), ("event_type", "open_chat")]),
            ("event_type", &[("dimension", "label"), ("event_type", "close_chat")]),
            ("page", &[("dimension", "page"), ("page", &too_long)]),
            ("zoom", &[("dimension", "page"), ("zoom", "3")]),
        ] {
            assert_eq!(parse(pairs).unwrap_err().field(), field, "{pairs:?}");
        }
        let values: Vec<String> = (0..=breakdown::FILTER_VALUES_MAX).map(|n| format!("p{n}")).collect();
        let mut pairs: Vec<(&str, &str)> = values.iter().map(|value| ("page", value.as_str())).collect();
        pairs.push(("dimension", "page"));
        assert_eq!(parse(&pairs).unwrap_err().field(), "page");
        assert!(parse(&pairs[1..]).is_ok());
    }

    #[test]
    fn a_zoom_goes_with_a_grid_and_ends_at_its_finest() {
        let parse = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> =
                pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            ReportQuery::parse(&pairs, Takes::LOCATION)
        };
        let grid = parse(&[("cluster", "grid"), ("zoom", "12")]).unwrap().cluster;
        assert_eq!(grid, Cluster::Grid { zoom: 12 });
        assert_eq!(parse(&[]).unwrap().cluster, Cluster::City);
        for (field, pairs) in [
            ("zoom", &[("cluster", "grid"), ("zoom", "13")][..]),
            ("zoom", &[("zoom", "3")]),
            ("cluster", &[("cluster", "country")]),
            ("dimension", &[("dimension", "page")]),
        ] {
            assert_eq!(parse(pairs).unwrap_err().field(), field, "{pairs:?}");
        }
    }
}
