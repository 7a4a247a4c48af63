//! What the fuzz target `query` reaches: all that reads a query string before the database is asked.

use time::OffsetDateTime;

use super::period::{PERIOD_DAYS_MAX, Period};
use super::question::days_touched;
use super::{ECHO_CHARS_MAX, InvalidQuery, PROJECT_IDS_MAX, ReportQuery, Takes, parameters};

/// Longest a refusal may be, in bytes: what we say, and what is repeated of a name or value.
const REFUSAL_BYTES_MAX: usize = 1_000;
/// Most days that may be worked on: the longest period, the one before it, and what is not known of today yet.
const DAYS_MAX: i64 = 2 * PERIOD_DAYS_MAX + 2;

/// Reads a query string as each report would at `now`, and checks what comes of it; answers how many reports took it.
///
/// # Errors
/// What does not hold that must.
pub fn read_query(query_string: &str, now: OffsetDateTime) -> Result<usize, &'static str> {
    let pairs = match parameters(query_string) {
        Ok(pairs) => pairs,
        Err(refused) => return short(&refused).map(|()| 0),
    };
    let mut taken = 0;
    for takes in
        [Takes::NOTHING, Takes::TOP_WIDGETS, Takes::FUNNEL, Takes::LIST, Takes::LOCATION, Takes::BREAKDOWN]
    {
        match ReportQuery::parse(&pairs, takes) {
            Ok(query) => {
                bounded(&query, takes)?;
                worked_out(&query, now)?;
                taken += 1;
            }
            Err(refused) => short(&refused)?,
        }
    }
    Ok(taken)
}

fn short(refused: &InvalidQuery) -> Result<(), &'static str> {
    let fits =
        refused.field().chars().count() <= ECHO_CHARS_MAX && refused.problem().len() <= REFUSAL_BYTES_MAX;
    fits.then_some(()).ok_or("a refusal is long")
}

fn bounded(query: &ReportQuery, takes: Takes) -> Result<(), &'static str> {
    let ids = query.project_ids();
    if ids.len() > PROJECT_IDS_MAX || !ids.is_sorted() {
        return Err("too many projects, or in no order");
    }
    if query.limit.is_some_and(|asked| takes.limit.is_none_or(|most| asked == 0 || asked > most.max)) {
        return Err("a list of no length, or too long");
    }
    Ok(())
}

fn worked_out(query: &ReportQuery, now: OffsetDateTime) -> Result<(), &'static str> {
    let (first, last) = days_touched(query, now.date());
    if (last - first).whole_days() > DAYS_MAX {
        return Err("too many days to look at");
    }
    match Period::new(query.from, query.to, query.interval.unwrap_or_default(), now.date()) {
        Ok(period) => {
            let before = period.previous();
            let follows = before.to().next_day() == Some(period.from());
            let as_long = before.to() - before.from() == period.to() - period.from();
            (follows && as_long).then_some(()).ok_or("the period before is another")
        }
        Err(refused) => short(&refused),
    }
}
