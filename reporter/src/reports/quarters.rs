//! Impressions and interactions by quarter of an hour, added up from what is packed and what is not yet.

use std::ops::{AddAssign, Range};

use time::Date;
use tokio_postgres::Row;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{Instants, QUARTERS_A_DAY, Quarter, first_quarter_utc};

/// How often something happened.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    /// Loads of widgets.
    pub(super) impressions: i64,
    /// What visitors did in them.
    pub(super) interactions: i64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.impressions += other.impressions;
        self.interactions += other.interactions;
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, counts| {
            sum += counts;
            sum
        })
    }
}

/// The counts of a range of quarters, as finely as was asked for.
pub(super) struct Quarters {
    first: Quarter,
    counts: Vec<Counts>,
}

impl Quarters {
    /// Reads a range of quarters. Sums are right between its ends and `cuts`, and between any two cuts; not elsewhere.
    ///
    /// For a listed scope, UTC days without a cut are read as one number: a project's day is then a small row, not a large one.
    pub(super) async fn read(
        snapshot: &Snapshot<'_>,
        scope: &ProjectScope,
        range: Range<Quarter>,
        cuts: impl IntoIterator<Item = Quarter>,
    ) -> Result<Self, DatabaseError> {
        let days = Days::of(&range, cuts, scope.project_ids().is_some());
        let mut quarters = Self { first: range.start, counts: Vec::new() };
        let length = usize::try_from(range.end - range.start).unwrap_or_default();
        quarters.counts.resize(length, Counts::default());
        let (packed, waiting, whole) = tokio::try_join!(
            packed(snapshot, scope, &days, range.clone()),
            waiting(snapshot, scope, &days),
            whole(snapshot, scope, &days),
        )?;
        quarters.counts.iter_mut().zip(packed).for_each(|(sum, counts)| *sum += counts);
        for (quarter, counts) in waiting.into_iter().chain(whole) {
            quarters.add(quarter, counts);
        }
        Ok(quarters)
    }

    /// What happened in some of them.
    pub(super) fn sum(&self, of: Range<Quarter>) -> Counts {
        let index = |quarter: Quarter| {
            usize::try_from(quarter - self.first).unwrap_or_default().min(self.counts.len())
        };
        self.counts.get(index(of.start)..index(of.end)).unwrap_or_default().iter().copied().sum()
    }

    fn add(&mut self, quarter: Quarter, counts: Counts) {
        let place = usize::try_from(quarter - self.first).ok();
        if let Some(sum) = place.and_then(|place| self.counts.get_mut(place)) {
            *sum += counts;
        }
    }
}

/// Which UTC days are read by quarters, and which as a whole.
struct Days {
    cut: Vec<Date>,
    whole: Vec<Date>,
}

impl Days {
    fn of(range: &Range<Quarter>, cuts: impl IntoIterator<Item = Quarter>, may_be_whole: bool) -> Self {
        let (first, last) = Instants::of(range.clone()).utc_days();
        let mut cuts: Vec<Quarter> = cuts.into_iter().chain([range.start, range.end]).collect();
        cuts.sort_unstable();
        let is_cut = |date: &Date| {
            let start = first_quarter_utc(*date);
            let next = cuts.partition_point(|cut| *cut <= start);
            !may_be_whole || cuts.get(next).is_some_and(|cut| *cut < start + QUARTERS_A_DAY)
        };
        let dates =
            std::iter::successors(Some(first), |date| date.next_day()).take_while(|date| *date <= last);
        let (cut, whole) = dates.partition(is_cut);
        Self { cut, whole }
    }
}

/// What was packed.
async fn packed(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    days: &Days,
    range: Range<Quarter>,
) -> Result<Vec<Counts>, DatabaseError> {
    let mut sums = vec![Counts::default(); usize::try_from(range.end - range.start).unwrap_or_default()];
    if days.cut.is_empty() {
        return Ok(sums);
    }
    let sql = include_str!("quarters_packed.sql");
    snapshot
        .each(sql, &[&scope.level_ids(), &days.cut], |row| {
            let first = first_quarter_utc(row.try_get("date")?) - range.start;
            let (impressions, interactions): (Vec<i64>, Vec<i64>) =
                (row.try_get("impressions")?, row.try_get("interactions")?);
            for ((place, impressions), interactions) in (first..).zip(impressions).zip(interactions) {
                if let Some(sum) = usize::try_from(place).ok().and_then(|place| sums.get_mut(place)) {
                    *sum += Counts { impressions, interactions };
                }
            }
            Ok(())
        })
        .await?;
    Ok(sums)
}

/// What waits to be packed, on days that are not read as a whole.
async fn waiting(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    days: &Days,
) -> Result<Vec<(Quarter, Counts)>, DatabaseError> {
    let (Some(first), Some(last)) = (days.cut.first(), days.cut.last()) else { return Ok(Vec::new()) };
    let of = Instants::of(first_quarter_utc(*first)..first_quarter_utc(*last) + QUARTERS_A_DAY);
    let sql = include_str!("quarters_waiting.sql");
    let rows = snapshot.rows(sql, &[&scope.project_ids(), &of.starts_at, &of.ends_at]).await?;
    let mut waiting = Vec::with_capacity(rows.len());
    for row in &rows {
        let at: time::OffsetDateTime = row.try_get("bucket_at")?;
        if days.whole.binary_search(&at.date()).is_err() {
            waiting.push((Instants { starts_at: at, ends_at: at }.quarters().start, counts(row)?));
        }
    }
    Ok(waiting)
}

/// Whole days, each at its first quarter in the range.
async fn whole(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    days: &Days,
) -> Result<Vec<(Quarter, Counts)>, DatabaseError> {
    if days.whole.is_empty() {
        return Ok(Vec::new());
    }
    let rows =
        snapshot.rows(include_str!("quarters_whole_days.sql"), &[&scope.level_ids(), &days.whole]).await?;
    rows.iter().map(|row| Ok((first_quarter_utc(row.try_get("date")?), counts(row)?))).collect()
}

/// The two counts of a row.
pub(super) fn counts(row: &Row) -> Result<Counts, tokio_postgres::Error> {
    Ok(Counts { impressions: row.try_get("impressions")?, interactions: row.try_get("interactions")? })
}
