//! A recount put in the place of the rollups.

use std::collections::BTreeMap;

use time::{Date, OffsetDateTime};
use tokio_postgres::Transaction;

use super::counted::named;
use super::{NAMED_MAX, Recount, RecountError, bounds, known_dimensions};
use crate::rollup::{Counts, Dimension, Sketch};
use crate::store::{ADD_DAYS, ADD_QUARTERS, add_days, add_quarters};

impl Recount {
    /// Makes the rollups equal the recount, plus whatever was added since.
    ///
    /// Whoever calls it has held the lock of [`super::LOCK_KEY`] since before the recount's snapshot.
    ///
    /// # Errors
    /// [`RecountError`]; the transaction is to be rolled back.
    pub async fn correct(&self, transaction: &Transaction<'_>) -> Result<(), RecountError> {
        // What nobody but holders of the lock may touch: deltas of the snapshot and folded rows give way to the recount.
        let (project, date) = (&self.project_id, self.date);
        let sql = include_str!("sql/forget_folded.sql");
        transaction.execute(sql, &[project, &date, &self.stored.deltas, &known_dimensions()]).await?;
        self.put_values(transaction).await?;
        let [visitors, sessions, opened, asked, submitted] =
            self.counted.sketches.each().map(Sketch::to_bytes);
        if visitors.is_some() || sessions.is_some() {
            let sql = include_str!("sql/put_sketches.sql");
            let (visitors, sessions) = (visitors.unwrap_or_default(), sessions.unwrap_or_default());
            transaction
                .execute(sql, &[project, &date, &visitors, &sessions, &opened, &asked, &submitted])
                .await?;
        }
        self.correct_totals(transaction).await
    }

    async fn put_values(&self, transaction: &Transaction<'_>) -> Result<(), RecountError> {
        for dimension in Dimension::ALL {
            let (named, other_count) = named(&self.counted.values, dimension, NAMED_MAX);
            if named.is_empty() {
                continue;
            }
            let named_count = i32::try_from(named.len()).unwrap_or(i32::MAX);
            let (values, counts): (Vec<&str>, Vec<i64>) = named.into_iter().unzip();
            let (project, date, number) = (&self.project_id, self.date, dimension.number());
            let sql = include_str!("sql/put_values.sql");
            transaction.execute(sql, &[project, &date, &number, &values, &counts]).await?;
            let sql = include_str!("sql/put_dimension.sql");
            transaction.execute(sql, &[project, &date, &number, &named_count, &other_count]).await?;
        }
        Ok(())
    }

    /// Writers add to the totals all the time. What these were off by is added, too: sums don't mind the order. Where it was packed, a
    /// count below zero stands beside it until that is packed.
    async fn correct_totals(&self, transaction: &Transaction<'_>) -> Result<(), RecountError> {
        let project = self.project_id.as_str();
        let mut quarters: BTreeMap<(&str, OffsetDateTime), Counts> = BTreeMap::new();
        for (quarter, counted) in &self.counted.quarters {
            quarters.insert((project, *quarter), *counted);
        }
        for (quarter, stored) in &self.stored.quarters {
            let off_by = quarters.entry((project, *quarter)).or_default();
            *off_by = less(*off_by, *stored);
        }
        quarters.retain(|_, off_by| *off_by != Counts::default());
        add_quarters(transaction, ADD_QUARTERS, quarters).await?;
        let off_by = less(self.counted.total(), self.stored.total);
        if off_by != Counts::default() {
            let days: BTreeMap<(&str, Date), Counts> = [((project, self.date), off_by)].into();
            add_days(transaction, ADD_DAYS, days).await?;
        }
        let (from, to) = bounds(self.date);
        let sql = include_str!("sql/forget_zeroes.sql");
        transaction.execute(sql, &[&project, &self.date, &from, &to]).await?;
        Ok(())
    }
}

fn less(counts: Counts, other: Counts) -> Counts {
    Counts {
        impressions: counts.impressions - other.impressions,
        interactions: counts.interactions - other.interactions,
        by_type: std::array::from_fn(|kind| counts.by_type[kind] - other.by_type[kind]),
    }
}
