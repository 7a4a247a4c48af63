//! Logs: text at a terminal, one JSON object a line everywhere else.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// Installs the process's log subscriber; `filter` follows `tracing`'s syntax (`info`, `writer=debug,info`).
///
/// Logs go to standard output. They hold no address, no visitor id and no event body.
pub fn init(filter: EnvFilter) {
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stdout);
    if std::io::stdout().is_terminal() {
        builder.with_target(false).init();
    } else {
        builder.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
    }
}
