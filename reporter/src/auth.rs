//! Who asks, and what they may see: every report takes a [`ProjectScope`], and only this file makes one.

use std::collections::HashSet;

use shared::ids::ProjectId;
use shared::secret_key::SecretKey;

use crate::db::{DatabaseError, Snapshot};

/// Why there is no scope.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthError {
    /// No such key, another secret, or revoked: the client must not learn which.
    #[error("the key is not valid")]
    Unauthorized,
    /// A project was named that does not exist or is not the key's: the client must not learn which.
    #[error("a project is unknown to this key")]
    UnknownProject,
    /// The question could not be put to the database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// The projects that a question may touch.
///
/// Made by [`ProjectScope::of`] alone, and only ever narrowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ProjectScope(Visible);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Visible {
    All,
    Listed(Vec<String>),
}

impl ProjectScope {
    /// What `key` may see.
    ///
    /// # Errors
    /// [`AuthError::Unauthorized`], the same for every reason, or the database's.
    pub(crate) async fn of(key: &SecretKey, snapshot: &Snapshot<'_>) -> Result<Self, AuthError> {
        let rows = snapshot.rows(include_str!("auth/api_key.sql"), &[&key.key_id()]).await?;
        let Some(row) = rows.first() else {
            return Err(AuthError::Unauthorized);
        };
        let expected: &[u8] = row.try_get("secret_sha256").map_err(DatabaseError::from)?;
        if !key.matches(expected) {
            return Err(AuthError::Unauthorized);
        }
        if row.try_get("all_projects").map_err(DatabaseError::from)? {
            return Ok(Self(Visible::All));
        }
        Ok(Self(Visible::Listed(row.try_get("project_ids").map_err(DatabaseError::from)?)))
    }

    /// The part of this scope that a client chose; all of it where it chose none.
    ///
    /// # Errors
    /// [`AuthError::UnknownProject`] where one of `chosen` is not in the scope or does not exist.
    pub(crate) async fn narrowed(
        self,
        chosen: &[ProjectId],
        snapshot: &Snapshot<'_>,
    ) -> Result<Self, AuthError> {
        if chosen.is_empty() {
            return Ok(self);
        }
        let ids: Vec<String> = chosen.iter().map(ToString::to_string).collect();
        // Asked for listed projects too, though they are known to exist: else the time taken would tell them apart.
        let rows = snapshot.rows(include_str!("auth/existing_projects.sql"), &[&ids]).await?;
        let existing =
            rows.iter().map(|row| row.try_get("project_id")).collect::<Result<HashSet<String>, _>>();
        let existing = existing.map_err(DatabaseError::from)?;
        let seen = |id: &String| match &self.0 {
            Visible::All => true,
            Visible::Listed(listed) => listed.contains(id),
        };
        if ids.iter().all(|id| existing.contains(id) && seen(id)) {
            Ok(Self(Visible::Listed(ids)))
        } else {
            Err(AuthError::UnknownProject)
        }
    }

    /// The scope as a statement's parameter: a list of ids, or null for every project.
    pub(crate) fn project_ids(&self) -> Option<&[String]> {
        match &self.0 {
            Visible::All => None,
            Visible::Listed(ids) => Some(ids),
        }
    }
}
