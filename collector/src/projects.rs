//! The projects as Postgres last told of them: a copy in memory, followed by one task, asked without waiting.
//!
//! Nothing here is needed to accept. Before the first load every project is [`Found::NotLoaded`], and while Postgres is
//! away the last copy stays in force: what has no project ends in the writer's quarantine, not in a refusal. A change in
//! the tables is in force some [`REFRESH_MS`] later.

mod follow;
mod load;
mod origin;
mod project;
mod snapshot;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use shared::ids::ProjectId;
use shared::secret_key::{INGEST_PREFIX, SecretKey};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::follow::Follower;
pub use self::follow::REFRESH_MS;
pub use self::load::{INGEST_KEYS_MAX, PROJECTS_MAX};
use self::origin::AllowedOrigin;
pub use self::project::Project;
use self::snapshot::Snapshot;

/// The projects; clones share one copy.
#[derive(Debug, Clone, Default)]
pub struct Projects(Arc<RwLock<Option<Held>>>);

/// A copy, and when it was last known to be what Postgres holds.
#[derive(Debug)]
struct Held {
    snapshot: Snapshot,
    confirmed_at: Instant,
}

/// What is known of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It exists and asks for this.
    Project(Arc<Project>),
    /// There is none of this id.
    Unknown,
    /// Nothing is known yet of any project: accept, and leave what has no project to the writer.
    NotLoaded,
}

/// Why a request stands for no project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It has no `Authorization` header: a public request.
    #[error("there is no key")]
    Missing,
    /// No key of a project, another secret, or revoked: the client must not learn which.
    #[error("the key is not valid")]
    Invalid,
    /// It has the form of a key, and no keys are known yet: come back later.
    #[error("no keys are known yet")]
    NotLoaded,
}

/// Whether an entry of a project's list of allowed origins can match any page; a collector logs and ignores one that can't.
pub fn takes_origin(entry: &str) -> bool {
    AllowedOrigin::parse(entry).is_some()
}

impl Projects {
    /// Starts the task that follows `database` until `shutdown`; call it on the main runtime.
    ///
    /// Its user needs the role `footfall_collect` and no more.
    pub fn start(database: tokio_postgres::Config, shutdown: CancellationToken) -> (Self, JoinHandle<()>) {
        let projects = Self::default();
        let follower = Follower::new(database, projects.clone());
        (projects, tokio::spawn(follower.run(shutdown)))
    }

    /// What is known of a project. Never waits: a lock that is held for moments, and a look into a map.
    pub fn find(&self, id: &ProjectId) -> Found {
        self.read(|held| match held {
            None => Found::NotLoaded,
            Some(held) => held
                .snapshot
                .project(id)
                .map_or(Found::Unknown, |project| Found::Project(Arc::clone(project))),
        })
    }

    /// The project whose secret key an `Authorization` header holds, as `Bearer ffi_…`.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn project_of_key(&self, header: Option<&HeaderValue>) -> Result<ProjectId, KeyError> {
        let header = header.ok_or(KeyError::Missing)?;
        let key = SecretKey::from_header(Some(header), INGEST_PREFIX).ok_or(KeyError::Invalid)?;
        self.read(|held| match held {
            None => Err(KeyError::NotLoaded),
            Some(held) => held.snapshot.project_of(&key).cloned().ok_or(KeyError::Invalid),
        })
    }

    /// How many projects are known; `None` before the first load.
    pub fn loaded(&self) -> Option<usize> {
        self.read(|held| held.map(|held| held.snapshot.len()))
    }

    /// How long ago the copy was last known to be what Postgres holds; `None` before the first load.
    pub fn age(&self) -> Option<Duration> {
        self.read(|held| held.map(|held| held.confirmed_at.elapsed()))
    }

    fn read<T>(&self, look: impl FnOnce(Option<&Held>) -> T) -> T {
        look(self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref())
    }

    /// From now on `snapshot` is in force.
    fn replace(&self, snapshot: Snapshot) {
        let held = Held { snapshot, confirmed_at: Instant::now() };
        let replaced = self.0.write().unwrap_or_else(PoisonError::into_inner).replace(held);
        // Freed after the lock: it may be large.
        drop(replaced);
    }

    /// What is in force is what Postgres holds now.
    fn confirm(&self) {
        if let Some(held) = self.0.write().unwrap_or_else(PoisonError::into_inner).as_mut() {
            held.confirmed_at = Instant::now();
        }
    }
}
