//! What a command is doing, and how long it took.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

/// Pause between two frames of the spinner, in milliseconds.
const FRAME_MS: u64 = 100;

/// Does `work` under a spinner that says `doing`, and then says what `done` makes of the outcome.
///
/// # Errors
/// Those of `work`.
pub(crate) async fn step<T>(
    doing: &str,
    work: impl Future<Output = Result<T>>,
    done: impl FnOnce(&T) -> String,
) -> Result<T> {
    let started = Instant::now();
    let spinner = spinner(doing);
    let outcome = work.await;
    spinner.finish_and_clear();
    let took_s = started.elapsed().as_secs_f64();
    match &outcome {
        Ok(value) => println!("  ✓ {} ({took_s:.1} s)", done(value)),
        Err(_) => println!("  ✗ {doing} ({took_s:.1} s)"),
    }
    outcome
}

/// Says something that took no time worth telling.
pub(crate) fn note(text: &str) {
    println!("  · {text}");
}

/// A spinner at a terminal; elsewhere one line, so that a log shows what is being waited for.
fn spinner(doing: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        println!("  … {doing}");
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(doing.to_owned());
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg} ({elapsed})") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(FRAME_MS));
    spinner
}
