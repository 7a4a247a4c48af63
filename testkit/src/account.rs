//! Postgres refuses to run as root: which account it runs as then, and where that account can go.

use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::unistd::{Uid, User};
use sha2::{Digest, Sha256};

/// Accounts tried, in this order, when the present one is root.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];
/// Where directories go that the account can't reach at the wished place; every account may enter it.
const OPEN_DIR: &str = "/var/tmp";

/// The account that server programs run as.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Whether it differs from the present one, so that commands and directories must be handed over.
    pub(crate) other: bool,
}

impl Account {
    /// The present account, or an unprivileged one when that is root.
    ///
    /// # Errors
    /// When the present account is root and the machine has neither a `postgres` nor a `nobody`.
    pub(crate) fn for_postgres() -> Result<Self> {
        let present = Uid::effective();
        if !present.is_root() {
            let gid = nix::unistd::Gid::effective();
            return Ok(Self { uid: present.as_raw(), gid: gid.as_raw(), other: false });
        }
        let user = UNPRIVILEGED.iter().find_map(|name| User::from_name(name).ok().flatten()).context(
            "Postgres refuses to run as root, and there is no account `postgres` or `nobody` to run it as",
        )?;
        Ok(Self { uid: user.uid.as_raw(), gid: user.gid.as_raw(), other: true })
    }

    /// `wished`, or a stand-in under `/var/tmp` where the account can't reach `wished` (say, under a closed `/root`).
    ///
    /// The stand-in is named after the wished path: the same wish leads to the same place.
    pub(crate) fn reachable(self, wished: &Path) -> PathBuf {
        if !self.other || wished.ancestors().skip(1).all(|dir| self.may_enter(dir)) {
            return wished.to_owned();
        }
        let hash: String = Sha256::digest(wished.as_os_str().as_encoded_bytes())
            .iter()
            .take(8)
            .map(|b| format!("{b:02x}"))
            .collect();
        Path::new(OPEN_DIR).join(format!("footfall-{hash}"))
    }

    /// Hands one directory (not what is in it) to the account.
    ///
    /// # Errors
    /// When the owner can't be changed.
    pub(crate) fn own(self, dir: &Path) -> Result<()> {
        if self.other {
            chown(dir, Some(self.uid), Some(self.gid))
                .with_context(|| format!("handing {} over", dir.display()))?;
        }
        Ok(())
    }

    /// Makes `command` run as this account, from a directory that it may enter.
    pub(crate) fn run(self, command: &mut tokio::process::Command) {
        if self.other {
            command.uid(self.uid).gid(self.gid).current_dir("/");
        }
    }

    /// A directory that does not exist yet will be made by us, open to all.
    fn may_enter(self, dir: &Path) -> bool {
        let Ok(metadata) = dir.metadata() else { return true };
        let needed = if metadata.uid() == self.uid { 0o100 } else { 0o001 };
        metadata.mode() & needed != 0
    }
}
