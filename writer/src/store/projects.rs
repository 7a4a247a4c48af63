//! The projects of a batch, held against deletion, and what they want done with the events of robots.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::Transaction;
use shared::envelope::DropReason;

use super::StoreError;
use crate::enrich::PreparedEnvelope;

/// Those projects of a batch that exist: whether each keeps the events of robots.
#[derive(Debug)]
pub(super) struct Projects(HashMap<String, bool>);

impl Projects {
    /// Finds the projects of a batch, and locks them until the transaction ends.
    pub(super) async fn lock(
        transaction: &Transaction<'_>,
        envelopes: &[PreparedEnvelope],
    ) -> Result<Self, StoreError> {
        let distinct: HashSet<&str> =
            envelopes.iter().map(|envelope| envelope.envelope.project_id.as_str()).collect();
        let distinct: Vec<&str> = distinct.into_iter().collect();
        let sql = "select project_id, keep_bots from lock_projects_with_rules($1)";
        let rows = transaction.query(&transaction.prepare_cached(sql).await?, &[&distinct]).await?;
        Ok(Self(rows.iter().map(|row| (row.get(0), row.get(1))).collect()))
    }

    /// Whether a project exists.
    pub(super) fn contains(&self, project_id: &str) -> bool {
        self.0.contains_key(project_id)
    }

    /// Why a rule drops the events of an envelope; `None` where its project keeps them, or does not exist and so has no rule.
    pub(super) fn drop_reason(&self, envelope: &PreparedEnvelope) -> Option<DropReason> {
        let keeps_bots = *self.0.get(envelope.envelope.project_id.as_str())?;
        envelope.robot.filter(|_| !keeps_bots)
    }
}
