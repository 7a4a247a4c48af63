//! The reports: each reads its rows on one snapshot, for one scope, and is the JSON it answers.

// What they are read from.
mod by_value;
mod interaction_types;
mod parts;
mod places;
mod quarters;
mod raw;
mod sketches;
mod values;

// What they answer.
mod breakdown;
mod dropped;
mod funnel;
mod lists;
mod locations;
mod overview;
mod period;
mod receipt;
mod report;
mod timeline;
mod visitors;
mod widgets;

pub(crate) use self::breakdown::{BreakdownError, BreakdownReport, breakdown};
pub(crate) use self::dropped::{Dropped, dropped};
pub(crate) use self::funnel::{Funnel, funnel};
pub(crate) use self::lists::{ContactLabels, Questions, contact_labels, questions};
pub(crate) use self::locations::{ImpressionsByLocation, impressions_by_location};
pub(crate) use self::overview::{Overview, overview};
pub(crate) use self::places::Places;
pub(crate) use self::receipt::{Receipt, receipt};
pub(crate) use self::report::{Cell, Report};
pub(crate) use self::timeline::{CountReport, impressions, interactions};
pub(crate) use self::visitors::{Visitors, visitors};
pub(crate) use self::widgets::{ImpressionsByWidget, TopWidgets, impressions_by_widget, top_widgets};
