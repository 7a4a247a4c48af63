//! Debian's packages, downloaded and unpacked without installing: no root needed, no service started, nothing changed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::process::run_to_end;

/// What apt believes to be installed.
const SYSTEM_STATUS: &str = "/var/lib/dpkg/status";

/// Unpacks `packages` and what they need into `dir`, unless that is done already.
///
/// Packages whose names begin with one of `family` are fetched even where they are installed, so that the whole family
/// is of one version; of the rest, what is installed is used from where it is.
///
/// # Errors
/// Where there is no apt, no network, no such package.
pub(super) async fn unpack(packages: &[&str], family: &[&str], dir: &Path) -> Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    if !Path::new(SYSTEM_STATUS).is_file() {
        bail!("this is no Debian: {SYSTEM_STATUS} is missing");
    }
    // An interrupted run leaves this directory behind, and never one that looks finished.
    let unfinished = dir.with_extension("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    let apt = Apt::prepare(&unfinished.join("apt"), family)?;
    apt.run(&["update", "-qq"]).await?;
    let mut download = vec!["install", "--download-only", "--yes", "-qq", "--no-install-recommends"];
    download.extend(packages);
    apt.run(&download).await?;

    let unpacked = unfinished.join("unpacked");
    fs::create_dir_all(&unpacked)?;
    for package in apt.downloaded()? {
        run_to_end(Command::new("dpkg").arg("-x").arg(&package).arg(&unpacked)).await?;
    }
    fs::rename(&unpacked, dir)?;
    fs::remove_dir_all(&unfinished)?;
    Ok(())
}

/// The directory of shared libraries in an unpacked tree, as `usr/lib/x86_64-linux-gnu`.
pub(super) fn library_dir(root: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(root.join("usr/lib")).ok()?.flatten();
    entries.map(|entry| entry.path()).find(|path| path.to_string_lossy().contains("-linux-gnu"))
}

/// An apt whose state, cache and idea of what is installed are private.
struct Apt {
    dir: PathBuf,
}

impl Apt {
    fn prepare(dir: &Path, family: &[&str]) -> Result<Self> {
        fs::create_dir_all(dir.join("state/lists/partial"))?;
        fs::create_dir_all(dir.join("cache/archives/partial"))?;
        let status = fs::read_to_string(SYSTEM_STATUS).with_context(|| format!("reading {SYSTEM_STATUS}"))?;
        fs::write(dir.join("status"), without_family(&status, family))?;
        Ok(Self { dir: dir.to_owned() })
    }

    async fn run(&self, arguments: &[&str]) -> Result<()> {
        let option = |name: &str, value: &str| format!("{name}={}{value}", self.dir.display());
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C");
        for option in [
            option("Dir::State", "/state"),
            option("Dir::State::status", "/status"),
            option("Dir::Cache", "/cache"),
            "Debug::NoLocking=1".to_owned(),
            "APT::Sandbox::User=".to_owned(),
        ] {
            command.arg("-o").arg(option);
        }
        run_to_end(command.args(arguments)).await?;
        Ok(())
    }

    fn downloaded(&self) -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(self.dir.join("cache/archives"))?.flatten().map(|entry| entry.path());
        Ok(entries.filter(|path| path.extension().is_some_and(|extension| extension == "deb")).collect())
    }
}

/// dpkg's status without the paragraphs of packages whose names begin with one of `family`.
fn without_family(status: &str, family: &[&str]) -> String {
    let is_kept = |paragraph: &&str| {
        let name = paragraph.lines().find_map(|line| line.strip_prefix("Package: ")).unwrap_or_default();
        !family.iter().any(|prefix| name.starts_with(prefix))
    };
    status.split_inclusive("\n\n").filter(is_kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_counts_as_not_installed() {
        let status = "Package: adduser\nStatus: ok\n\nPackage: erlang-base\nStatus: ok\n\nPackage: libc6\n\n";
        assert_eq!(
            without_family(status, &["rabbitmq", "erlang"]),
            "Package: adduser\nStatus: ok\n\nPackage: libc6\n\n"
        );
    }
}
