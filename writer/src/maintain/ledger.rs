//! The ledger's weeks: made ahead, and dropped when nothing in them need be remembered. See `V11__ledger_by_week.sql`.

use time::Date;
use tokio_postgres::Client;

use super::{
    EXPIRE_ROUNDS_MAX, EXPIRED_ROWS_MAX, MaintainError, Manner, Report, is_in_the_way, patiently, while_doing,
};

/// Weeks made ahead of the present one: ids of clocks that are further ahead land in the late edge.
pub const WEEKS_AHEAD: i32 = 4;
/// Weeks made in one run; a ledger that nobody kept for longer is caught up with by the next.
const WEEKS_AT_ONCE_MAX: usize = 100;
/// The steps towards a week's end, in order.
const STEPS: [&str; 4] = ["promise", "prove", "detach", "drop"];

/// Makes the weeks ahead, then takes away what expired.
pub(super) async fn keep(client: &Client, manner: Manner, report: &mut Report) -> Result<(), MaintainError> {
    make_weeks(client, manner, report).await?;
    drop_weeks(client, manner, report).await?;
    expire_edges(client, report).await
}

/// One after the other, since each begins where the last one ends.
async fn make_weeks(client: &Client, manner: Manner, report: &mut Report) -> Result<(), MaintainError> {
    for _week in 0..WEEKS_AT_ONCE_MAX {
        let sql = include_str!("ledger/week_wanted.sql");
        let wanted = client.query_one(sql, &[&WEEKS_AHEAD]).await;
        let wanted: Option<Date> = wanted.map_err(while_doing("looking for missing weeks"))?.get(0);
        let Some(monday) = wanted else { return Ok(()) };
        let name = format!("ingest_ledger of the week of {monday}");
        let sql = include_str!("ledger/make_week.sql");
        let made = patiently(client, manner, sql, &[&monday, &manner.however_long]).await;
        let made = made.map_err(while_doing(format!("making {name}")))?;
        // Those behind one that was left have to wait for it.
        let left = match made.as_ref().map(|row| row.get(0)) {
            Some("made") => {
                report.made.push(name);
                continue;
            }
            Some("crowded") => &mut report.crowded,
            Some(_exists) => return Ok(()),
            None => &mut report.given_up,
        };
        left.push(name);
        return Ok(());
    }
    Ok(())
}

/// The oldest first: what is left of one keeps those behind it.
async fn drop_weeks(client: &Client, manner: Manner, report: &mut Report) -> Result<(), MaintainError> {
    let sql = include_str!("ledger/weeks_expired.sql");
    let expired = client.query(sql, &[]).await.map_err(while_doing("looking for expired weeks"))?;
    for row in expired {
        let week: String = row.get(0);
        let mut is_dropped = false;
        for step in STEPS {
            let sql = include_str!("ledger/expire_week.sql");
            let taken = patiently(client, manner, sql, &[&week, &step, &manner.however_long]).await;
            let taken = taken.map_err(while_doing(format!("{step} {week}")))?;
            let left = match taken.as_ref().map(|row| row.get(0)) {
                Some("crowded") => &mut report.crowded,
                Some(answer) => {
                    is_dropped = step == "drop" && answer == "taken";
                    continue;
                }
                None => &mut report.given_up,
            };
            left.push(format!("{step} {week}"));
            return Ok(());
        }
        if is_dropped {
            report.dropped.push(week);
        }
    }
    Ok(())
}

async fn expire_edges(client: &Client, report: &mut Report) -> Result<(), MaintainError> {
    for _round in 0..EXPIRE_ROUNDS_MAX {
        let sql = include_str!("ledger/expire_rows.sql");
        let deleted = match client.query_one(sql, &[&EXPIRED_ROWS_MAX]).await {
            Ok(row) => row.get::<_, i64>(0),
            Err(error) if is_in_the_way(&error) => {
                report.given_up.push("deleting expired rows of the ledger".to_owned());
                return Ok(());
            }
            Err(error) => return Err(while_doing("deleting expired rows of the ledger")(error)),
        };
        report.expire_rounds += u32::from(deleted > 0);
        if deleted < i64::from(EXPIRED_ROWS_MAX) {
            return Ok(());
        }
    }
    Ok(())
}
