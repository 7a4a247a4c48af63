//! Settings of Postgres that the promise stands on: asked by a writer before it stores anything, and by `footfall doctor`.

use tokio_postgres::Client;

/// How a finding is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and something may break the promise or is about to.
    Warn,
    /// The promise does not hold.
    Bad,
}

impl State {
    /// The word that is shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What it is about, as `fsync`.
    pub name: &'static str,
    /// How it is to be taken.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What it means, when it is not as it should be.
    pub meaning: &'static str,
    /// What to change then.
    pub change: &'static str,
}

impl Check {
    /// One line: what was found, what it means, what to change.
    pub fn line(&self) -> String {
        format!("{} is {}: {}; {}", self.name, self.found, self.meaning, self.change)
    }
}

/// A setting, and what to make of its value.
struct Setting {
    name: &'static str,
    judge: fn(&str) -> State,
    meaning: &'static str,
    change: &'static str,
}

/// Smallest `max_wal_size` that a steady load does not outrun with checkpoints, in MB.
const WAL_MB_MIN: u64 = 1024;

/// Every setting that is asked for. Values are as in `pg_settings`, in its units.
const SETTINGS: [Setting; 6] = [
    Setting {
        name: "fsync",
        judge: must_be_on,
        meaning: "a crash of the machine loses what was committed and acknowledged",
        change: "set fsync = on and restart Postgres",
    },
    Setting {
        name: "full_page_writes",
        judge: must_be_on,
        meaning: "a crash in a write can leave torn pages that recovery does not mend",
        change: "set full_page_writes = on and reload",
    },
    Setting {
        name: "synchronous_commit",
        judge: |value| match value {
            "off" => State::Bad,
            // Flushed here, and a standby is not waited for.
            "local" => State::Warn,
            _ => State::Ok,
        },
        meaning: "a commit is acknowledged before it is safe where it should be",
        change: "set synchronous_commit = on, for the server and for the writer's user",
    },
    Setting {
        name: "synchronous_standby_names",
        judge: |value| if value.is_empty() { State::Warn } else { State::Ok },
        meaning: "a failover to a standby loses what was committed since",
        change: "with a standby, name it: synchronous_standby_names = 'ANY 1 (*)'; without one, know that its disk is all there is",
    },
    Setting {
        name: "wal_level",
        judge: |value| if value == "minimal" { State::Warn } else { State::Ok },
        meaning: "neither a standby nor a restore to a point in time is possible",
        change: "set wal_level = replica and restart Postgres",
    },
    Setting {
        name: "max_wal_size",
        judge: |value| match value.parse::<u64>() {
            Ok(size_mb) if size_mb >= WAL_MB_MIN => State::Ok,
            _ => State::Warn,
        },
        meaning: "checkpoints follow each other under load, and each writes whole pages again",
        change: "set max_wal_size to 1GB or more and reload",
    },
];

fn must_be_on(value: &str) -> State {
    if value == "on" { State::Ok } else { State::Bad }
}

/// Judges the settings as they are in force for this connection.
///
/// # Errors
/// The database's.
pub async fn check(client: &Client) -> Result<Vec<Check>, tokio_postgres::Error> {
    let names = SETTINGS.map(|setting| setting.name);
    let rows = client.query(include_str!("safety/settings.sql"), &[&names.as_slice()]).await?;
    Ok(rows.iter().filter_map(|row| judged(row.get(0), row.get(1))).collect())
}

fn judged(name: &str, value: &str) -> Option<Check> {
    let setting = SETTINGS.iter().find(|setting| setting.name == name)?;
    let found = if value.is_empty() { "empty".to_owned() } else { value.to_owned() };
    let state = (setting.judge)(value);
    Some(Check { name: setting.name, state, found, meaning: setting.meaning, change: setting.change })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_that_breaks_the_promise_is_bad_and_what_endangers_it_a_warning() {
        for (name, value, state) in [
            ("fsync", "on", State::Ok),
            ("fsync", "off", State::Bad),
            ("full_page_writes", "off", State::Bad),
            ("synchronous_commit", "on", State::Ok),
            ("synchronous_commit", "remote_apply", State::Ok),
            ("synchronous_commit", "local", State::Warn),
            ("synchronous_commit", "off", State::Bad),
            ("synchronous_standby_names", "", State::Warn),
            ("synchronous_standby_names", "ANY 1 (*)", State::Ok),
            ("wal_level", "minimal", State::Warn),
            ("max_wal_size", "1024", State::Ok),
            ("max_wal_size", "1023", State::Warn),
        ] {
            assert_eq!(judged(name, value).map(|check| check.state), Some(state), "{name} = {value}");
        }
    }
}
