//! Which parameters a report takes besides those of every report.

use super::InvalidQuery;

/// Most entries of any list a client may ask for.
pub(crate) const LIST_MAX: usize = 1_000;
/// Longest list of top widgets, and most projects of a funnel.
pub(crate) const PROJECTS_LISTED_MAX: usize = 100;
/// Length of the list of top widgets where none is asked for.
pub(crate) const TOP_WIDGETS_DEFAULT: usize = 3;
/// Length of other lists where none is asked for.
const LIST_DEFAULT: usize = 10;
/// The parameters that every report takes.
const PARAMETERS: &str = "from, to, tz, project_id, interval, compare, format";

/// Which parameters a report takes besides those of every report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Takes {
    /// How long its list is; `None`: the report is none whose length the client chooses, and `limit` is refused.
    pub(crate) limit: Option<Limit>,
    /// How places are put together.
    pub(crate) cluster: bool,
    /// What events are broken down by, and filters.
    pub(crate) breakdown: bool,
}

/// The length of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Limit {
    /// Where the client asks for none.
    pub(crate) default: usize,
    /// Most that it may ask for.
    pub(crate) max: usize,
}

impl Takes {
    /// Nothing else.
    pub(crate) const NOTHING: Self = Self { limit: None, cluster: false, breakdown: false };
    /// `limit`, for the widgets with the most interactions.
    pub(crate) const TOP_WIDGETS: Self = Self::list(TOP_WIDGETS_DEFAULT, PROJECTS_LISTED_MAX);
    /// `limit`, for the projects of a funnel.
    pub(crate) const FUNNEL: Self = Self::list(LIST_DEFAULT, PROJECTS_LISTED_MAX);
    /// `limit`, for questions and labels.
    pub(crate) const LIST: Self = Self::list(LIST_DEFAULT, LIST_MAX);
    /// `limit`, and how places are put together.
    pub(crate) const LOCATION: Self = Self { cluster: true, ..Self::list(LIST_MAX, LIST_MAX) };
    /// `limit`, what to break down by, and filters.
    pub(crate) const BREAKDOWN: Self = Self { breakdown: true, ..Self::LIST };

    const fn list(default: usize, max: usize) -> Self {
        Self { limit: Some(Limit { default, max }), ..Self::NOTHING }
    }

    /// What is wrong with a parameter that this report does not take, by its name as far as it is shown.
    pub(super) fn unknown(self, shown: &str) -> InvalidQuery {
        let further = [
            (self.limit.is_some(), ", limit"),
            (self.cluster, ", cluster, zoom"),
            (
                self.breakdown,
                ", dimension, country, city, page, referrer, device, browser, event_type, label",
            ),
        ];
        let further: String = further.iter().filter(|(takes, _)| *takes).map(|(_, names)| *names).collect();
        InvalidQuery::new(shown, format!("this report has no such parameter; it takes {PARAMETERS}{further}"))
    }
}
