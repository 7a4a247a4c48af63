//! The projects that a question may touch.

use std::collections::HashSet;

use shared::ids::ProjectId;

use crate::auth::AuthError;
use crate::db::{DatabaseError, Snapshot};

/// What stands for all projects together where rollups are by project.
pub(crate) const EVERY_PROJECT: &str = "";

/// The projects that a question may touch.
///
/// Made where a key or share was looked up, and only ever narrowed. Two that are equal see the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ProjectScope(Visible);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Visible {
    All,
    /// Sorted, none twice.
    Listed(Vec<String>),
}

impl ProjectScope {
    /// Every project, those to come as well.
    pub(super) fn all() -> Self {
        Self(Visible::All)
    }

    /// These projects; they exist.
    pub(super) fn listed(mut project_ids: Vec<String>) -> Self {
        project_ids.sort_unstable();
        project_ids.dedup();
        Self(Visible::Listed(project_ids))
    }

    /// The part of this scope that a client chose; all of it where it chose none.
    ///
    /// Asks nobody: of a scope of every project it may name projects that do not exist, which [`ProjectScope::narrowed`]
    /// finds out. Where the scope is a list, foreign and missing projects are refused alike and as soon.
    ///
    /// # Errors
    /// [`AuthError::UnknownProject`] where one of `chosen` is not in the scope.
    pub(crate) fn part(&self, chosen: &[ProjectId]) -> Result<Self, AuthError> {
        if chosen.is_empty() {
            return Ok(self.clone());
        }
        let seen = |id: &ProjectId| match &self.0 {
            Visible::All => true,
            Visible::Listed(listed) => {
                listed.binary_search_by(|listed| listed.as_str().cmp(id.as_str())).is_ok()
            }
        };
        if chosen.iter().all(seen) {
            Ok(Self::listed(chosen.iter().map(ToString::to_string).collect()))
        } else {
            Err(AuthError::UnknownProject)
        }
    }

    /// As [`ProjectScope::part`], of projects that exist.
    ///
    /// # Errors
    /// [`AuthError::UnknownProject`] where one of `chosen` is not in the scope or does not exist, or the database's.
    pub(crate) async fn narrowed(
        self,
        chosen: &[ProjectId],
        snapshot: &Snapshot<'_>,
    ) -> Result<Self, AuthError> {
        let part = self.part(chosen)?;
        // Of a list it is known that they exist; asking for some would tell by the time it takes which they are.
        if let (Visible::All, Visible::Listed(ids)) = (&self.0, &part.0) {
            let rows = snapshot.rows(include_str!("existing_projects.sql"), &[ids]).await?;
            let existing =
                rows.iter().map(|row| row.try_get("project_id")).collect::<Result<HashSet<String>, _>>();
            let existing = existing.map_err(DatabaseError::from)?;
            if !ids.iter().all(|id| existing.contains(id)) {
                return Err(AuthError::UnknownProject);
            }
        }
        Ok(part)
    }

    /// The scope as a parameter of statements on rows of projects: a list of ids, or null for every project.
    pub(crate) fn project_ids(&self) -> Option<&[String]> {
        match &self.0 {
            Visible::All => None,
            Visible::Listed(ids) => Some(ids),
        }
    }

    /// The scope as a parameter of statements on rollups that have a row for all projects together, [`EVERY_PROJECT`].
    pub(crate) fn level_ids(&self) -> Vec<&str> {
        match &self.0 {
            Visible::All => vec![EVERY_PROJECT],
            Visible::Listed(ids) => ids.iter().map(String::as_str).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(ids: &[&str]) -> ProjectScope {
        ProjectScope::listed(ids.iter().map(ToString::to_string).collect())
    }

    fn part(scope: &ProjectScope, chosen: &[&str]) -> Option<ProjectScope> {
        let chosen: Vec<ProjectId> = chosen.iter().map(|id| id.parse().unwrap()).collect();
        scope.part(&chosen).ok()
    }

    #[test]
    fn scopes_that_see_the_same_are_equal_however_they_were_made() {
        assert_eq!(listed(&["b", "a", "b"]), listed(&["a", "b"]));
        assert_eq!(
            part(&listed(&["a", "b", "c"]), &["c", "a"]),
            part(&ProjectScope::all(), &["a", "c", "a"])
        );
        assert_ne!(listed(&[]), ProjectScope::all());
    }

    #[test]
    fn a_part_is_never_more_than_the_whole() {
        let scope = listed(&["mine", "ours"]);
        assert_eq!(part(&scope, &[]), Some(scope.clone()));
        assert_eq!(part(&scope, &["ours"]), Some(listed(&["ours"])));
        assert_eq!(part(&scope, &["ours", "theirs"]), None);
        assert_eq!(part(&listed(&[]), &["theirs"]), None);
    }

    #[test]
    fn every_project_together_is_a_level_of_its_own_and_no_project_s_id() {
        assert_eq!(ProjectScope::all().level_ids(), [EVERY_PROJECT]);
        assert_eq!(listed(&["b", "a"]).level_ids(), ["a", "b"]);
        assert!(listed(&[]).level_ids().is_empty(), "who sees nothing sees no total");
        assert!(EVERY_PROJECT.parse::<ProjectId>().is_err());
    }
}
