//! Whether what is committed survives the loss of this server.

use tokio_postgres::Client;
use writer::safety::{Check, State};

use crate::failure::Failure;

/// What the server tells of its standbys.
struct Seen {
    /// Whether this server is a standby itself.
    is_standby: bool,
    /// `synchronous_standby_names`
    names: String,
    /// Standbys that are connected.
    connected: i64,
    /// Those of them that commits wait for; `None` where this user may not see it.
    synchronous: Option<i64>,
}

/// Looks at the standbys.
pub(super) async fn check(client: &Client) -> Result<Vec<Check>, Failure> {
    let row = client.query_one(include_str!("standbys.sql"), &[]).await?;
    let seen = Seen {
        is_standby: row.get("is_standby"),
        names: row.get("names"),
        connected: row.get("connected"),
        synchronous: row.get("synchronous"),
    };
    Ok(vec![server(&seen), standbys(&seen)])
}

fn server(seen: &Seen) -> Check {
    Check {
        name: "server",
        state: if seen.is_standby { State::Bad } else { State::Ok },
        found: if seen.is_standby { "a standby" } else { "a primary" }.to_owned(),
        meaning: "nothing can be written here, and what is read may be of before",
        change: "let DATABASE_URL name the primary, for every service",
    }
}

fn standbys(seen: &Seen) -> Check {
    let Seen { names, connected, synchronous, .. } = seen;
    let (state, meaning, change) = match (names.is_empty(), connected, synchronous) {
        (true, 0, _) => (State::Ok, "", ""),
        (true, _, _) => (
            State::Warn,
            "no commit waits for any of them: what a failover to one finds missing was acknowledged, and is lost",
            "set synchronous_standby_names = 'ANY 1 (*)' and reload",
        ),
        (false, 0, _) | (false, _, Some(0)) => (
            State::Bad,
            "commits wait for a standby that is not there: writers store nothing until it is",
            "bring the standby back; to go on without it, knowing that this disk is all there is, empty \
             synchronous_standby_names and reload",
        ),
        (false, _, None) => (
            State::Warn,
            "this user may not see whether any of them is one that commits wait for",
            "grant pg_read_all_stats to footfall_migrate, and ask again",
        ),
        (false, _, Some(_)) => (State::Ok, "", ""),
    };
    let synchronous = synchronous.map_or_else(|| "an unknown number".to_owned(), |count| count.to_string());
    let found = format!("{connected} connected, {synchronous} of them waited for");
    Check { name: "standbys", state, found, meaning, change }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standbys_are_well_where_there_are_none_or_commits_wait_for_one() {
        for (names, connected, synchronous, state) in [
            ("", 0, Some(0), State::Ok),
            ("", 1, Some(0), State::Warn),
            ("", 1, None, State::Warn),
            ("ANY 1 (*)", 0, Some(0), State::Bad),
            ("ANY 1 (b)", 1, Some(0), State::Bad),
            ("ANY 1 (*)", 1, None, State::Warn),
            ("ANY 1 (*)", 2, Some(2), State::Ok),
        ] {
            let seen = Seen { is_standby: false, names: names.to_owned(), connected, synchronous };
            assert_eq!(standbys(&seen).state, state, "{names:?} {connected} {synchronous:?}");
        }
    }

    #[test]
    fn a_standby_is_no_server_to_write_to() {
        let seen = |is_standby| Seen { is_standby, names: String::new(), connected: 0, synchronous: None };
        assert_eq!((server(&seen(true)).state, server(&seen(false)).state), (State::Bad, State::Ok));
    }
}
