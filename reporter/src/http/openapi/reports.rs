//! Every report: its path, what it takes, what it answers.

use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use crate::query::Takes;
use crate::reports::{
    BreakdownReport, ContactLabels, CountReport, Dropped, Funnel, ImpressionsByLocation, ImpressionsByWidget,
    Overview, Questions, TopWidgets, Visitors,
};

/// The schemas of the document, by name; one may be put in twice.
pub(super) type Schemas = Vec<(String, RefOr<Schema>)>;

/// A report, as the document tells of it.
pub(super) struct Report {
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) takes: Takes,
    /// Whether it comes as CSV, too.
    pub(super) is_table: bool,
    /// Puts the schema of the answer and of all in it; answers its name.
    pub(super) schema: fn(&mut Schemas) -> String,
}

/// Every report there is.
pub(super) const REPORTS: [Report; 12] = [
    Report::of::<Overview>("/v1/reports/overview", "overview", "The whole dashboard.", Takes::NOTHING)
        .as_json_alone(),
    Report::of::<CountReport>(
        "/v1/reports/interactions",
        "interactions",
        "What visitors did, over time.",
        Takes::NOTHING,
    ),
    Report::of::<CountReport>(
        "/v1/reports/impressions",
        "impressions",
        "How often widgets were loaded, over time.",
        Takes::NOTHING,
    ),
    Report::of::<TopWidgets>(
        "/v1/reports/top-widgets",
        "top_widgets",
        "The widgets with the most interactions.",
        Takes::TOP_WIDGETS,
    ),
    Report::of::<ImpressionsByWidget>(
        "/v1/reports/impressions-by-widget",
        "impressions_by_widget",
        "How often each widget was loaded.",
        Takes::NOTHING,
    ),
    Report::of::<ImpressionsByLocation>(
        "/v1/reports/impressions-by-location",
        "impressions_by_location",
        "Where widgets were loaded: the map.",
        Takes::LOCATION,
    ),
    Report::of::<Dropped>(
        "/v1/reports/dropped",
        "dropped",
        "What the projects' own rules dropped, by UTC day of receipt.",
        Takes::NOTHING,
    ),
    Report::of::<BreakdownReport>(
        "/v1/reports/breakdown",
        "breakdown",
        "Events by one of their properties; filters combine.",
        Takes::BREAKDOWN,
    ),
    Report::of::<Visitors>(
        "/v1/reports/visitors",
        "visitors",
        "How many different visitors and sessions, each with its error.",
        Takes::NOTHING,
    ),
    Report::of::<Funnel>(
        "/v1/reports/funnel",
        "funnel",
        "How far sessions go: loaded, opened, asked, submitted.",
        Takes::FUNNEL,
    ),
    Report::of::<Questions>("/v1/reports/questions", "questions", "What visitors asked most.", Takes::LIST),
    Report::of::<ContactLabels>(
        "/v1/reports/contact-labels",
        "contact_labels",
        "Which contacts visitors clicked most.",
        Takes::LIST,
    ),
];

impl Report {
    const fn of<T: ToSchema>(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        takes: Takes,
    ) -> Self {
        Self { path, id, summary, takes, is_table: true, schema: put::<T> }
    }

    const fn as_json_alone(self) -> Self {
        Self { is_table: false, ..self }
    }
}

/// Puts a type's schema and those it refers to; answers its name.
pub(super) fn put<T: ToSchema>(schemas: &mut Schemas) -> String {
    T::schemas(schemas);
    schemas.push((T::name().into_owned(), T::schema()));
    T::name().into_owned()
}
