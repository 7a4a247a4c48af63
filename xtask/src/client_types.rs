//! `cargo xtask client-types`: TypeScript types of the reporter's answers, made from its `OpenAPI` document.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use testkit::process::run_to_end;

use crate::node::Node;
use crate::steps::step;
use crate::workspace::Workspace;

/// The document, as `reporter/src/http/openapi.rs` makes it and a test pins it.
const DOCUMENT: &str = "reporter/openapi.json";
/// Where the tool's version is pinned, and where the types go.
const FOLDER: &str = "reporter/client";
/// The files that pin it.
const PINS: [&str; 2] = ["package.json", "package-lock.json"];
/// The types.
const TYPES: &str = "api.ts";
/// The tool, in what npm installs.
const TOOL: &str = "node_modules/openapi-typescript/bin/cli.js";
/// Leads what is generated, in the place of the tool's own words.
const HEAD: &str = "// Made by `cargo xtask client-types` from reporter/openapi.json; .ci/run compares the two. Change the types in Rust.\n\n";

/// What `cargo xtask client-types` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Writes nothing, and fails where the types are not those of the document.
    #[arg(long)]
    check: bool,
}

/// Makes the types, or compares them.
///
/// # Errors
/// When there is no Node and none can be had, or the document is none.
pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let node = step("finding Node, or fetching it", Node::provide(), |_| "Node is there".to_owned()).await?;
    let folder = workspace.root.join(FOLDER);
    let installed = install(&workspace.target, &folder, &node);
    let dir = step("finding openapi-typescript, or fetching it", installed, |dir: &PathBuf| {
        format!("openapi-typescript in {}", dir.display())
    })
    .await?;
    let made = dir.join(TYPES);
    let mut tool = node.node();
    tool.arg(dir.join(TOOL)).arg(workspace.root.join(DOCUMENT)).arg("--output").arg(&made);
    run_to_end(tool.current_dir(&dir)).await.context("making types of the document")?;
    let types = with_head(&fs::read_to_string(&made)?);
    let committed = folder.join(TYPES);
    if !arguments.check {
        fs::write(&committed, types).with_context(|| format!("writing {}", committed.display()))?;
        println!("{FOLDER}/{TYPES} is written");
        return Ok(ExitCode::SUCCESS);
    }
    if fs::read_to_string(&committed).unwrap_or_default() == types {
        println!("{FOLDER}/{TYPES} is what the document says");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "{FOLDER}/{TYPES} is not what {DOCUMENT} says: run `cargo xtask client-types`, and read the difference"
    );
    Ok(ExitCode::FAILURE)
}

/// The tool in a directory of its own, as the lock file pins it; done once for each lock file.
async fn install(target: &Path, folder: &Path, node: &Node) -> Result<PathBuf> {
    let dir = target.join("ci-tools/client-types");
    let same = |name: &&str| fs::read(folder.join(name)).ok() == fs::read(dir.join(name)).ok();
    if dir.join(TOOL).is_file() && PINS.iter().all(same) {
        return Ok(dir);
    }
    fs::create_dir_all(&dir)?;
    for name in PINS {
        fs::copy(folder.join(name), dir.join(name)).with_context(|| format!("copying {name}"))?;
    }
    // No script of a package is run.
    let mut npm = node.npm();
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(&dir);
    if let Err(problem) = run_to_end(&mut npm).await.context("fetching openapi-typescript by npm") {
        // What is half there is not to be taken for whole.
        let _absent = fs::remove_dir_all(&dir);
        return Err(problem);
    }
    Ok(dir)
}

/// The types below a head of ours.
fn with_head(types: &str) -> String {
    let body = types.split_once("*/").map_or(types, |(_, body)| body);
    format!("{HEAD}{}", body.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tools_own_head_makes_way_for_ours() {
        let made =
            "/**\n * This file was auto-generated.\n */\n\nexport interface paths {\n    /** kept */\n}\n";
        assert_eq!(with_head(made), format!("{HEAD}export interface paths {{\n    /** kept */\n}}\n"));
    }
}
