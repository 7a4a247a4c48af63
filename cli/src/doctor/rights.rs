//! What the services' roles may do, and as whom they log in.

use tokio_postgres::Client;
use writer::safety::{Check, State};

use crate::failure::Failure;

/// Looks at rights.
pub(super) async fn check(client: &Client) -> Result<Vec<Check>, Failure> {
    let list = async |sql: &str| -> Result<Vec<String>, Failure> {
        let rows = client.query(sql, &[]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    };
    let too_many = list(include_str!("rights_too_many.sql")).await?;
    let missing = list(include_str!("rights_missing.sql")).await?;
    let superusers = list(include_str!("superusers.sql")).await?;
    let overrides = list(include_str!("overrides.sql")).await?;
    let may_skip = "select has_parameter_privilege('footfall_write', 'session_replication_role', 'set')";
    let may_skip: bool = client.query_one(may_skip, &[]).await?.get(0);
    Ok(vec![
        of_list(
            "rights beyond need",
            &too_many,
            State::Bad,
            "a service that is taken over, or errs, could delete or change what was counted",
            "revoke them; `migrate` grants what is needed",
        ),
        of_list(
            "rights missing",
            &missing,
            State::Bad,
            "the service ends, or refuses, where it needs them",
            "run `migrate`, and grant its roles to the users of the services",
        ),
        Check {
            name: "foreign keys by the batch",
            state: if may_skip { State::Ok } else { State::Warn },
            found: if may_skip { "granted" } else { "not granted" }.to_owned(),
            meaning: "each row is checked by itself, which halves the writer's rate",
            change: "as a superuser: grant set on parameter session_replication_role to footfall_write",
        },
        of_list(
            "services' users",
            &superusers,
            State::Warn,
            "no right holds back a superuser, or the owner of the tables",
            "give each service its own user, as in deploy/postgres/users.sql",
        ),
        of_list(
            "settings by user",
            &overrides,
            State::Bad,
            "for that user or database a commit is acknowledged before it is safe, or foreign keys and triggers do not hold",
            "alter role … reset the setting, or alter database … reset it",
        ),
    ])
}

/// A check that is well where a list is empty.
fn of_list(
    name: &'static str,
    found: &[String],
    otherwise: State,
    meaning: &'static str,
    change: &'static str,
) -> Check {
    let state = if found.is_empty() { State::Ok } else { otherwise };
    let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
    Check { name, state, found, meaning, change }
}
