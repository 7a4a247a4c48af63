//! A report's table as RFC 4180 writes it: UTF-8, CRLF, a line of names first; safe to be opened by a spreadsheet.

use csv::{Terminator, WriterBuilder};

use crate::reports::{Cell, Report};

/// What the answer says it is.
pub(super) const CONTENT_TYPE: &str = "text/csv; charset=utf-8; header=present";
/// What a spreadsheet takes for the start of a formula, or skips before one.
const FORMULA_STARTS: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// The table of `report`.
///
/// # Errors
/// Where a row has not as many cells as there are columns.
pub(super) fn written<T: Report>(report: &T) -> Result<Vec<u8>, csv::Error> {
    let mut table = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    table.write_record(T::COLUMNS)?;
    for row in report.rows() {
        table.write_record(row.into_iter().map(harmless))?;
    }
    table.into_inner().map_err(|error| error.into_error().into())
}

/// What stands in a cell. A stranger's text that could be taken for a formula gets an apostrophe before it, which
/// spreadsheets take as "this is text". Numbers are our own, and keep their sign.
fn harmless(cell: Cell<'_>) -> String {
    match cell {
        Cell::Text(text) if text.starts_with(FORMULA_STARTS) => format!("'{text}"),
        Cell::Text(text) => text.to_owned(),
        Cell::Count(count) => count.to_string(),
        Cell::Number(number) => number.to_string(),
        Cell::Nothing => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Labels(Vec<&'static str>);

    impl Report for Labels {
        const COLUMNS: &'static [&'static str] = &["label", "count", "lng", "none"];

        fn rows(&self) -> Vec<Vec<Cell<'_>>> {
            let row =
                |label: &&'static str| vec![(*label).into(), (-1).into(), (-71.5).into(), Cell::Nothing];
            self.0.iter().map(row).collect()
        }
    }

    fn table(labels: Vec<&'static str>) -> String {
        String::from_utf8(written(&Labels(labels)).unwrap()).unwrap()
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_text_and_our_own_numbers_stay_numbers() {
        for (label, cell) in [
            ("=1+1", "'=1+1"),
            ("+49 30 1234", "'+49 30 1234"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("\n=1", "\"'\n=1\""),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(table(vec![label]), format!("label,count,lng,none\r\n{cell},-1,-71.5,\r\n"));
        }
    }

    #[test]
    fn commas_quotes_newlines_and_every_script_come_back_as_they_were() {
        let labels =
            vec!["a,b", "say \"hi\"", "two\r\nlines", "שלום, עולם", "\u{202e}evil", " space ", "\"", ";"];
        let written = table(labels.clone());
        let mut reader = csv::Reader::from_reader(written.as_bytes());
        let read: Vec<String> = reader.records().map(|record| record.unwrap()[0].to_owned()).collect();
        assert_eq!(read, labels);
    }

    #[test]
    fn a_table_without_rows_is_its_line_of_names() {
        assert_eq!(table(Vec::new()), "label,count,lng,none\r\n");
    }
}
