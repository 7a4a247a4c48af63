//! What a command answers: text for people, or one JSON value for machines.

use serde_json::Value;

/// Spaces between two columns.
const COLUMN_GAP: usize = 2;

/// An answer in both its forms.
#[derive(Debug)]
pub(crate) struct Answer {
    /// For people; no new line at its end.
    pub(crate) text: String,
    /// For machines.
    pub(crate) json: Value,
    /// Whether all is well; the exit code is 1 otherwise.
    pub(crate) is_good: bool,
}

impl Answer {
    /// A good answer.
    pub(crate) fn good(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json, is_good: true }
    }

    /// Prints one of its forms to standard output.
    #[expect(clippy::print_stdout, reason = "this is what the command is for")]
    pub(crate) fn print(&self, as_json: bool) {
        if as_json {
            println!("{}", self.json);
        } else if !self.text.is_empty() {
            println!("{}", self.text);
        }
    }
}

/// Columns, each as wide as its widest cell; `nothing` where there is no row.
pub(crate) fn table<const COLUMNS: usize>(
    head: [&str; COLUMNS],
    rows: &[[String; COLUMNS]],
    nothing: &str,
) -> String {
    if rows.is_empty() {
        return nothing.to_owned();
    }
    let rows: Vec<[String; COLUMNS]> = std::iter::once(head.map(str::to_owned))
        .chain(rows.iter().map(|row| row.each_ref().map(|cell| printable(cell))))
        .collect();
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    });
    let line = |row: &[String; COLUMNS]| {
        let cells = row.iter().zip(widths);
        let text: String = cells.map(|(cell, width)| format!("{cell:<width$}{:COLUMN_GAP$}", "")).collect();
        text.trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `text` with everything escaped that a terminal might take for a command, or that hides what follows: much of what is shown
/// came from strangers.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\'' | '"' | '\\' => shown.push(letter),
            _ => shown.extend(letter.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a".to_owned(), "Ä".to_owned()], ["long-id".to_owned(), String::new()]];
        assert_eq!(table(["id", "name"], &rows, "none"), "id       name\na        Ä\nlong-id");
        assert_eq!(table(["id"], &[], "none"), "none");
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        assert_eq!(printable("\u{1b}[2Jit's \"ü\"\r\n\0"), r#"\u{1b}[2Jit's "ü"\r\n\0"#);
        assert_eq!(printable("abc\u{202e}def"), r"abc\u{202e}def", "turns the reading direction");
    }
}
