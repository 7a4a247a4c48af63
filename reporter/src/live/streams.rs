//! How many streams are open, and whose.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::auth::Holder;
use crate::metrics::Metrics;

/// Most streams of one process: each holds a connection and its buffers.
const STREAMS_MAX: usize = 1_000;
/// Most streams of one key or share link in one process.
const STREAMS_PER_HOLDER_MAX: usize = 200;

/// The streams of one process; clones share them.
#[derive(Clone)]
pub(crate) struct Streams {
    open: Arc<Mutex<Open>>,
    metrics: Metrics,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_holder: HashMap<Holder, usize>,
}

/// Why no further stream may be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// This key or share link has as many as it may.
    ByHolder,
    /// The process has.
    Full,
}

/// A stream's place; dropped, it is free again.
pub(crate) struct Place {
    streams: Streams,
    holder: Holder,
}

impl Streams {
    pub(super) fn new(metrics: Metrics) -> Self {
        Self { open: Arc::default(), metrics }
    }

    /// A place for a stream of `holder`.
    ///
    /// # Errors
    /// [`Refused`] where as many are open as may be.
    pub(crate) fn open(&self, holder: &Holder) -> Result<Place, Refused> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= STREAMS_MAX {
            return Err(Refused::Full);
        }
        let of_holder = open.by_holder.entry(holder.clone()).or_default();
        if *of_holder >= STREAMS_PER_HOLDER_MAX {
            return Err(Refused::ByHolder);
        }
        *of_holder += 1;
        open.all += 1;
        self.metrics.live_streams(open.all);
        Ok(Place { streams: self.clone(), holder: holder.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        if let Some(of_holder) = open.by_holder.get_mut(&self.holder) {
            *of_holder = of_holder.saturating_sub(1);
            if *of_holder == 0 {
                open.by_holder.remove(&self.holder);
            }
        }
        self.streams.metrics.live_streams(open.all);
    }
}
