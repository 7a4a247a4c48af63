//! The data directory: made whole or not at all.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::account::Account;
use crate::process::run_to_end;
use crate::programs::PostgresPrograms;

/// Makes a cluster with the superuser `footfall`, trusted on loopback, unless there is one.
///
/// # Errors
/// When initdb fails, or the cluster there was made by another major version.
pub(super) async fn make(programs: &PostgresPrograms, account: Account, data_dir: &Path) -> Result<()> {
    if data_dir.join("PG_VERSION").is_file() {
        let cluster = fs::read_to_string(data_dir.join("PG_VERSION"))?;
        if !programs.version.starts_with(cluster.trim()) {
            bail!(
                "{} was made by Postgres {}, and this is {}: move it away, or install that version",
                data_dir.display(),
                cluster.trim(),
                programs.version
            );
        }
        return Ok(());
    }
    // initdb removes what it made when it fails, but not when it is killed.
    if data_dir.exists() {
        fs::remove_dir_all(data_dir)?;
    }
    let unfinished = data_dir.with_extension("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    let mut initdb = programs.command("initdb");
    initdb.args(["--username=footfall", "--auth=trust", "--locale=C.UTF-8", "--encoding=UTF8", "--pgdata"]);
    account.run(initdb.arg(&unfinished));
    run_to_end(&mut initdb).await.context("making the database cluster")?;
    fs::rename(&unfinished, data_dir)?;
    Ok(())
}
