//! Where things are: the source tree, cargo's target directory, and Footfall's own place in it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The workspace's directories.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    /// Where the workspace's `Cargo.toml` is.
    pub(crate) root: PathBuf,
    /// Cargo's target directory.
    pub(crate) target: PathBuf,
    /// What these commands keep between two runs.
    pub(crate) footfall: PathBuf,
}

impl Workspace {
    /// The workspace that this program was built from.
    ///
    /// # Errors
    /// When the program was moved out of cargo's target directory.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has a folder around it")?;
        let exe = std::env::current_exe()?;
        // Cargo marks its target directory, whatever it is called.
        let target = exe.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file());
        let target = target.context("start this as `cargo xtask`, from the source tree")?.to_owned();
        let footfall = target.join("footfall");
        fs::create_dir_all(&footfall).with_context(|| format!("making {}", footfall.display()))?;
        Ok(Self { root: root.to_owned(), target, footfall })
    }

    /// A lock that one command of this kind holds at a time, for as long as the answer lives.
    ///
    /// # Errors
    /// When another holds it.
    pub(crate) fn lock(&self, command: &str) -> Result<File> {
        let path = self.footfall.join(format!("{command}.lock"));
        let file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                bail!("another `cargo xtask {command}` is running here; end it first")
            }
            Err(TryLockError::Error(problem)) => {
                Err(problem).with_context(|| format!("locking {}", path.display()))
            }
        }
    }

    /// A cargo command at the workspace's root: the cargo that started this program, if one did.
    pub(crate) fn cargo(&self) -> tokio::process::Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = tokio::process::Command::new(cargo);
        command.current_dir(&self.root).kill_on_drop(true);
        command
    }
}

/// The variable's value, unless it is absent or empty.
#[expect(
    clippy::disallowed_methods,
    reason = "a command's own two settings; the services' go through shared::settings"
)]
pub(crate) fn given(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
