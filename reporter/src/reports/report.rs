//! What every report is: an object in JSON and, where it is one list, a table in CSV.

use serde::Serialize;

/// A report's answer.
pub(crate) trait Report: Serialize {
    /// The names of its table's columns; none where it is more than one table, and can't be had as CSV.
    const COLUMNS: &'static [&'static str] = &[];

    /// Its table's rows, each with a cell for every column.
    fn rows(&self) -> Vec<Vec<Cell<'_>>> {
        Vec::new()
    }
}

/// A cell of a report's table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Text, which may be a stranger's.
    Text(&'a str),
    /// How many.
    Count(i64),
    /// A measure.
    Number(f64),
    /// Null.
    Nothing,
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell<'_> {
    fn from(count: i64) -> Self {
        Self::Count(count)
    }
}

impl From<f64> for Cell<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Self::Nothing, Into::into)
    }
}
