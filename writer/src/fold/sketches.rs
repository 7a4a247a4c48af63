//! Sketches merged into those that are kept: SQL can't.

use std::collections::{BTreeMap, HashMap};
use std::pin::pin;

use futures_util::TryStreamExt;
use time::Date;
use tokio_postgres::{Row, Transaction};

use super::{EVERY_PROJECT, FoldError};
use crate::rollup::{Sketch, Sketches};

const COLUMNS: [&str; Sketches::COLUMNS.len()] = Sketches::COLUMNS;
/// Rows of a day that are merged at a time: at most some 20 KiB each.
const MERGED_AT_ONCE_MAX: usize = 100;

/// The bytes of one sketch a column; none where it has seen nobody.
type Merged = [Option<Vec<u8>>; COLUMNS.len()];

/// Merges the sketches of what was taken into their project's and into those of every project together.
pub(super) async fn merge_taken(transaction: &Transaction<'_>, taken: &[Row]) -> Result<(), FoldError> {
    let mut added: BTreeMap<(&str, Date), Vec<Merged>> = BTreeMap::new();
    for row in taken {
        let (project, date) = key(row);
        let of_row = merged((project, date), |column| {
            row.get::<_, Option<Vec<&[u8]>>>(COLUMNS[column]).unwrap_or_default()
        })?;
        if of_row.iter().any(Option::is_some) {
            added.entry((EVERY_PROJECT, date)).or_default().push(of_row.clone());
            added.entry((project, date)).or_default().push(of_row);
        }
    }
    if added.is_empty() {
        return Ok(());
    }
    let (projects, dates): (Vec<&str>, Vec<Date>) = added.keys().copied().unzip();
    let kept = transaction.query(include_str!("sketches.sql"), &[&projects, &dates]).await?;
    let kept: HashMap<(&str, Date), &Row> = kept.iter().map(|row| (key(row), row)).collect();
    let mut all = BTreeMap::new();
    for (key, parts) in &added {
        let together = merged(*key, |column| {
            let kept = kept.get(key).and_then(|row| row.get::<_, Option<&[u8]>>(COLUMNS[column]));
            kept.into_iter().chain(parts.iter().filter_map(|part| part[column].as_deref())).collect()
        })?;
        all.insert(*key, together);
    }
    put(transaction, all).await
}

/// Makes the sketches of every project together anew from those of the projects.
pub(super) async fn level(transaction: &Transaction<'_>, date: Date) -> Result<(), FoldError> {
    let mut level = Merged::default();
    {
        let mut rows = pin!(transaction.query_raw(include_str!("sketches_of_day.sql"), [date]).await?);
        let mut some = Vec::new();
        while let Some(row) = rows.try_next().await? {
            some.push(row);
            if some.len() == MERGED_AT_ONCE_MAX {
                level = with(level, &some, date)?;
                some.clear();
            }
        }
        level = with(level, &some, date)?;
    }
    put(transaction, [((EVERY_PROJECT, date), level)].into()).await
}

fn with(level: Merged, rows: &[Row], date: Date) -> Result<Merged, FoldError> {
    merged((EVERY_PROJECT, date), |column| {
        let parts = rows.iter().filter_map(|row| row.get::<_, Option<&[u8]>>(COLUMNS[column]));
        level[column].as_deref().into_iter().chain(parts).collect()
    })
}

/// One sketch a column, of the parts that each has.
fn merged<'a>(key: (&str, Date), parts: impl Fn(usize) -> Vec<&'a [u8]>) -> Result<Merged, FoldError> {
    let mut merged = Merged::default();
    for (column, merged) in merged.iter_mut().enumerate() {
        let sketch = Sketch::merged(parts(column)).map_err(|source| FoldError::Sketch {
            project_id: key.0.to_owned(),
            date: key.1,
            source,
        })?;
        *merged = sketch.to_bytes();
    }
    Ok(merged)
}

async fn put(transaction: &Transaction<'_>, all: BTreeMap<(&str, Date), Merged>) -> Result<(), FoldError> {
    let (projects, dates): (Vec<&str>, Vec<Date>) = all.keys().copied().unzip();
    let columns: [Vec<Option<&[u8]>>; COLUMNS.len()] =
        std::array::from_fn(|column| all.values().map(|merged| merged[column].as_deref()).collect());
    let [visitors, sessions, opened, asked, submitted] = &columns;
    let sql = include_str!("put_sketches.sql");
    transaction.execute(sql, &[&projects, &dates, visitors, sessions, opened, asked, submitted]).await?;
    Ok(())
}

fn key(row: &Row) -> (&str, Date) {
    (row.get("project_id"), row.get("date"))
}
