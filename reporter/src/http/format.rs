//! `format=json|csv`: which representation of a report is asked for.

use crate::query::InvalidQuery;

/// A representation of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Format {
    Json,
    Csv,
}

impl Format {
    /// Takes `format` out of `pairs`; JSON where it is not given.
    ///
    /// # Errors
    /// [`InvalidQuery`] where it is given twice, or is neither.
    pub(super) fn take(pairs: &mut Vec<(String, String)>) -> Result<Self, InvalidQuery> {
        let mut given = pairs.extract_if(.., |(name, _)| name == "format").map(|(_, value)| value);
        match (given.next().as_deref(), given.count()) {
            (None | Some("json"), 0) => Ok(Self::Json),
            (Some("csv"), 0) => Ok(Self::Csv),
            (_, 0) => Err(InvalidQuery::new("format", "must be json or csv")),
            _ => Err(InvalidQuery::new("format", "is given twice; give it once")),
        }
    }
}
