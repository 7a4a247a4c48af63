//! One state of the tables, in the form in which it is asked.

use std::collections::HashMap;
use std::sync::Arc;

use shared::ids::ProjectId;
use shared::secret_key::SecretKey;

use super::project::Project;

/// Projects by id, and their keys by theirs.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    pub(super) projects: HashMap<ProjectId, Arc<Project>>,
    pub(super) keys: HashMap<String, IngestKey>,
}

/// A key that was not revoked.
#[derive(Debug)]
pub(super) struct IngestKey {
    pub(super) project_id: ProjectId,
    /// The hash that its secret must match.
    pub(super) secret_sha256: Vec<u8>,
}

impl Snapshot {
    /// What a project asks for, if it exists.
    pub(super) fn project(&self, id: &ProjectId) -> Option<&Arc<Project>> {
        self.projects.get(id)
    }

    /// The project that `key` stands for, if it is one of these.
    pub(super) fn project_of(&self, key: &SecretKey) -> Option<&ProjectId> {
        let known = self.keys.get(key.key_id())?;
        key.matches(&known.secret_sha256).then_some(&known.project_id)
    }

    /// How many projects there are.
    pub(super) fn len(&self) -> usize {
        self.projects.len()
    }
}
