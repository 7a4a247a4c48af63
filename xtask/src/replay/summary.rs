//! What became of every line of the log.

use std::collections::BTreeMap;

use indicatif::{ProgressBar, ProgressStyle};

use super::pages::Pages;

/// Each line ends in exactly one of these counts.
#[derive(Debug, Default)]
pub(super) struct Summary {
    lines_read: u64,
    skipped: BTreeMap<&'static str, u64>,
    accepted: u64,
    refused: BTreeMap<String, u64>,
    /// What an accepted event is known to be.
    accepted_means: &'static str,
}

impl Summary {
    /// An empty summary; `accepted_means` says what is known of an accepted event.
    pub(super) fn new(accepted_means: &'static str) -> Self {
        Self { accepted_means, ..Self::default() }
    }

    /// Counts pages that were accepted.
    pub(super) fn accept(&mut self, pages: u64) {
        self.accepted += pages;
    }

    /// Counts pages that were refused.
    pub(super) fn refuse(&mut self, reason: &str, pages: u64) {
        *self.refused.entry(reason.to_owned()).or_default() += pages;
    }

    /// Takes over what was counted while reading.
    pub(super) fn read(&mut self, pages: Pages) {
        self.lines_read = pages.lines_read;
        self.skipped = pages.skipped;
    }

    /// Whether every page was accepted.
    pub(super) fn is_complete(&self) -> bool {
        self.refused.is_empty()
    }

    pub(super) fn print(&self) {
        let refused: u64 = self.refused.values().sum();
        println!("lines      {:>9}", self.lines_read);
        println!("skipped    {:>9}", self.skipped.values().sum::<u64>());
        for (reason, lines) in &self.skipped {
            println!("           {lines:>9}  {reason}");
        }
        println!("sent       {:>9}", self.accepted + refused);
        println!("accepted   {:>9}  ({})", self.accepted, self.accepted_means);
        println!("refused    {refused:>9}");
        for (reason, pages) in &self.refused {
            println!("           {pages:>9}  {reason}");
        }
    }
}

/// A bar over the log's bytes; hidden where there is no terminal.
pub(super) fn progress_bar(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes).with_message("none answered yet");
    let template = "  {bar:40} {percent:>3} % of the log, {msg}, {elapsed}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
