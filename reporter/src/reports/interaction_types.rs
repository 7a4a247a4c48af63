//! Interactions by type: the one property that quarters of an hour are counted by.

use shared::event::InteractionType;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{Instants, first_quarter_utc};

/// The columns of each type of interaction, in the order of [`InteractionType::ALL`].
const TYPE_COLUMNS: [&str; InteractionType::ALL.len()] =
    ["click_bubble", "open_chat", "ask_question", "click_suggestion", "submit_form", "click_contact"];

/// Interactions of a range by type, in the order of [`InteractionType::ALL`].
pub(super) async fn by_type(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    range: Instants,
) -> Result<[i64; InteractionType::ALL.len()], DatabaseError> {
    let (first, last) = range.utc_days();
    let quarters = range.quarters();
    let mut counts = [0; InteractionType::ALL.len()];
    let add_packed = |row: &Row| {
        let start = first_quarter_utc(row.try_get("date")?);
        for (sum, column) in counts.iter_mut().zip(TYPE_COLUMNS) {
            let of_day: Vec<i64> = row.try_get(column)?;
            let inside = (start..).zip(of_day).filter(|(quarter, _)| quarters.contains(quarter));
            *sum += inside.map(|(_, count)| count).sum::<i64>();
        }
        Ok(())
    };
    let (levels, projects) = (scope.level_ids(), scope.project_ids());
    let Instants { starts_at, ends_at } = range;
    let of_packed: [&(dyn ToSql + Sync); 3] = [&levels, &first, &last];
    let of_waiting: [&(dyn ToSql + Sync); 3] = [&projects, &starts_at, &ends_at];
    let ((), waiting) = tokio::try_join!(
        snapshot.each(include_str!("interaction_types_packed.sql"), &of_packed, add_packed),
        snapshot.row(include_str!("interaction_types_waiting.sql"), &of_waiting),
    )?;
    for (sum, column) in counts.iter_mut().zip(TYPE_COLUMNS) {
        *sum += waiting.try_get::<_, i64>(column)?;
    }
    Ok(counts)
}
