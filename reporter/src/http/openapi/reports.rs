//! Every report: its path, what it takes, what it answers.

use utoipa::ToSchema;
use utoipa::openapi::Components;

use crate::query::Takes;
use crate::reports::{
    BreakdownReport, ContactLabels, CountReport, Dropped, Funnel, ImpressionsByLocation, ImpressionsByWidget,
    Overview, Questions, Report, TopWidgets, Visitors,
};

/// A report, as the document tells of it.
pub(super) struct Described {
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) takes: Takes,
    /// Whether it comes as CSV, too.
    pub(super) is_table: bool,
    /// Puts the schema of the answer and of all in it; answers its name.
    pub(super) schema: fn(&mut Components) -> String,
}

/// Every report there is.
pub(super) const REPORTS: [Described; 12] = [
    Described::of::<Overview>("/v1/reports/overview", "overview", "The whole dashboard.", Takes::NOTHING),
    Described::of::<CountReport>(
        "/v1/reports/interactions",
        "interactions",
        "What visitors did, over time.",
        Takes::NOTHING,
    ),
    Described::of::<CountReport>(
        "/v1/reports/impressions",
        "impressions",
        "How often widgets were loaded, over time.",
        Takes::NOTHING,
    ),
    Described::of::<TopWidgets>(
        "/v1/reports/top-widgets",
        "top_widgets",
        "The widgets with the most interactions.",
        Takes::TOP_WIDGETS,
    ),
    Described::of::<ImpressionsByWidget>(
        "/v1/reports/impressions-by-widget",
        "impressions_by_widget",
        "How often each widget was loaded.",
        Takes::NOTHING,
    ),
    Described::of::<ImpressionsByLocation>(
        "/v1/reports/impressions-by-location",
        "impressions_by_location",
        "Where widgets were loaded: the map.",
        Takes::LOCATION,
    ),
    Described::of::<Dropped>(
        "/v1/reports/dropped",
        "dropped",
        "What the projects' own rules dropped, by UTC day of receipt.",
        Takes::NOTHING,
    ),
    Described::of::<BreakdownReport>(
        "/v1/reports/breakdown",
        "breakdown",
        "Events by one of their properties; filters combine.",
        Takes::BREAKDOWN,
    ),
    Described::of::<Visitors>(
        "/v1/reports/visitors",
        "visitors",
        "How many different visitors and sessions, each with its error.",
        Takes::NOTHING,
    ),
    Described::of::<Funnel>(
        "/v1/reports/funnel",
        "funnel",
        "How far sessions go: loaded, opened, asked, submitted.",
        Takes::FUNNEL,
    ),
    Described::of::<Questions>(
        "/v1/reports/questions",
        "questions",
        "What visitors asked most.",
        Takes::LIST,
    ),
    Described::of::<ContactLabels>(
        "/v1/reports/contact-labels",
        "contact_labels",
        "Which contacts visitors clicked most.",
        Takes::LIST,
    ),
];

impl Described {
    const fn of<T: ToSchema + Report>(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        takes: Takes,
    ) -> Self {
        Self { path, id, summary, takes, is_table: !T::COLUMNS.is_empty(), schema: put::<T> }
    }
}

/// Puts a type's schema and those it refers to; answers its name.
pub(super) fn put<T: ToSchema>(shared: &mut Components) -> String {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    shared.schemas.extend(schemas);
    T::name().into_owned()
}
