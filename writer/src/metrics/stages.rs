//! Where a batch's time goes.

use prometheus::{HistogramOpts, HistogramVec, Registry, exponential_buckets};
use tokio::time::Instant;

/// What is done with a batch, one after the other; the first two while the batch before it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading a message, observed once a message.
    Decode,
    /// Places and hashes.
    Enrich,
    /// Locking the projects, and the ledger.
    Claim,
    /// Both COPYs.
    Copy,
    /// What could not be stored.
    Quarantine,
    /// Adding to the rollups.
    Rollups,
    /// COMMIT.
    Commit,
    /// Acknowledging the deliveries.
    Ack,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 8] = [
        Self::Decode,
        Self::Enrich,
        Self::Claim,
        Self::Copy,
        Self::Quarantine,
        Self::Rollups,
        Self::Commit,
        Self::Ack,
    ];

    /// The name in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Enrich => "enrich",
            Self::Claim => "claim",
            Self::Copy => "copy",
            Self::Quarantine => "quarantine",
            Self::Rollups => "rollups",
            Self::Commit => "commit",
            Self::Ack => "ack",
        }
    }
}

/// The time of each stage; clones share the same numbers.
#[derive(Clone)]
pub struct Stages(HistogramVec);

impl Stages {
    /// Registers the metric, each stage at zero.
    ///
    /// # Errors
    /// When its name is taken already.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let options = HistogramOpts::new("footfall_writer_stage_seconds", "What a stage of a batch takes.");
        let seconds = HistogramVec::new(options.buckets(exponential_buckets(0.000_1, 4.0, 9)?), &["stage"])?;
        registry.register(Box::new(seconds.clone()))?;
        for stage in Stage::ALL {
            seconds.with_label_values(&[stage.as_str()]);
        }
        Ok(Self(seconds))
    }

    /// A clock that starts now.
    pub fn clock(&self) -> Clock {
        Clock { stages: Some(self.clone()), since: Instant::now() }
    }
}

/// Tells how long stages take that follow one another.
pub struct Clock {
    stages: Option<Stages>,
    since: Instant,
}

impl Clock {
    /// A clock whose times go to `stages`, if anywhere.
    pub fn of(stages: Option<&Stages>) -> Self {
        Self { stages: stages.cloned(), since: Instant::now() }
    }

    /// The time since the last call, or since the start, belongs to this stage.
    pub fn lap(&mut self, stage: Stage) {
        let now = Instant::now();
        if let Some(Stages(seconds)) = &self.stages {
            seconds.with_label_values(&[stage.as_str()]).observe((now - self.since).as_secs_f64());
        }
        self.since = now;
    }
}
