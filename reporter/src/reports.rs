//! The reports: each reads its rows on one snapshot, for one scope, and is the JSON it answers.

mod dropped;
mod locations;
mod overview;
mod receipt;
mod report;
mod timeline;
mod widgets;

pub(crate) use self::dropped::dropped;
pub(crate) use self::locations::impressions_by_location;
pub(crate) use self::overview::overview;
pub(crate) use self::receipt::{Receipt, receipt};
pub(crate) use self::report::{Cell, Report};
pub(crate) use self::timeline::{impressions, interactions};
pub(crate) use self::widgets::{impressions_by_widget, top_widgets};
