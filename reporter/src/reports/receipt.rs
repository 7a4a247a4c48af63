//! What became of one envelope: how many of its events were stored, how many a rule dropped, and why the others were not.

use serde::Serialize;
use shared::ids::EnvelopeId;
use time::OffsetDateTime;
use tokio_postgres::types::ToSql;
use utoipa::ToSchema;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};

/// An envelope's fate in each project of the scope that it reached.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Receipt {
    #[schema(value_type = String, format = "uuid")]
    envelope_id: EnvelopeId,
    projects: Vec<ProjectReceipt>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ProjectReceipt {
    project_id: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    committed_at: OffsetDateTime,
    stored: i32,
    /// Events that a rule of the project dropped.
    dropped: i32,
    quarantined: Vec<Quarantined>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Quarantined {
    /// The event's place in its envelope, counted from 0.
    #[schema(required)]
    event_index: Option<i32>,
    reason: String,
}

/// The receipt, or `None` where no project of the scope has such an envelope.
pub(crate) async fn receipt(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    envelope_id: EnvelopeId,
) -> Result<Option<Receipt>, DatabaseError> {
    let (projects, envelope) = (scope.project_ids(), envelope_id.as_uuid());
    let parameters: [&(dyn ToSql + Sync); 2] = [&projects, &envelope];
    let (stored, quarantined) = tokio::try_join!(
        snapshot.rows(include_str!("receipt_stored.sql"), &parameters),
        snapshot.rows(include_str!("receipt_quarantined.sql"), &parameters),
    )?;
    let mut receipts = Vec::with_capacity(stored.len());
    for row in &stored {
        let project_id: String = row.try_get("project_id")?;
        let mut refused = Vec::new();
        for row in &quarantined {
            if row.try_get::<_, Option<&str>>("project_id")? == Some(project_id.as_str()) {
                refused.push(Quarantined {
                    event_index: row.try_get("event_index")?,
                    reason: row.try_get("reason")?,
                });
            }
        }
        receipts.push(ProjectReceipt {
            project_id,
            committed_at: row.try_get("committed_at")?,
            stored: row.try_get("stored_count")?,
            dropped: row.try_get("dropped_count")?,
            quarantined: refused,
        });
    }
    Ok((!receipts.is_empty()).then_some(Receipt { envelope_id, projects: receipts }))
}
