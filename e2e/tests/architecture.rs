//! Who may depend on whom.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

const SERVICES: [&str; 3] = ["collector", "writer", "reporter"];

/// What each workspace member links into its own code, directly; tests aside.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new().no_deps().other_options(["--offline".to_owned()]).exec().unwrap();
    let of = |package: &cargo_metadata::Package| {
        let normal =
            package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
        normal.map(|dependency| dependency.name.clone()).collect()
    };
    metadata.packages.iter().map(|package| (package.name.to_string(), of(package))).collect()
}

/// Every file below `dir`.
fn files_below(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn assert_none(of: &str, forbidden: &[&str], why: &str) {
    let dependencies = dependencies();
    let found: Vec<&&str> = forbidden.iter().filter(|name| dependencies[of].contains(**name)).collect();
    assert!(found.is_empty(), "{of} depends on {found:?}: {why}");
}

#[test]
fn no_service_depends_on_a_service() {
    for service in SERVICES {
        assert_none(service, &SERVICES, "services meet in the queue and in the tables");
    }
}

#[test]
fn the_collector_asks_postgres_in_its_projects_and_nowhere_else() {
    let (pools, why) = (["deadpool-postgres", "migrations"], "it accepts while the database is away");
    assert_none("collector", &pools, why);
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../collector/src");
    // The wiring hands the setting on; it has no client to ask with.
    let allowed = ["projects.rs", "projects/", "config.rs"];
    let mut asking = BTreeSet::new();
    for file in files_below(&src) {
        if fs::read_to_string(&file).unwrap().contains("tokio_postgres") {
            asking.insert(file.strip_prefix(&src).unwrap().to_str().unwrap().to_owned());
        }
    }
    assert!(asking.contains("projects/follow.rs"), "{asking:?}");
    let elsewhere: Vec<&String> =
        asking.iter().filter(|file| !allowed.iter().any(|allowed| file.starts_with(allowed))).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?} name tokio_postgres: {why}");
}

#[test]
fn the_collector_writes_nothing_in_postgres() {
    let projects = Path::new(env!("CARGO_MANIFEST_DIR")).join("../collector/src/projects");
    let files = files_below(&projects);
    let statements: Vec<&PathBuf> =
        files.iter().filter(|file| file.extension().is_some_and(|name| name == "sql")).collect();
    assert!(statements.len() >= 3, "{statements:?}");
    for file in statements {
        let text = fs::read_to_string(file).unwrap().to_lowercase();
        let first = text.lines().find(|line| !line.starts_with("--")).unwrap();
        assert!(first.starts_with("select "), "{}: {first}", file.display());
    }
    // The rest is Postgres's to enforce: migrations/tests/schema/roles.rs shows that its role can write nowhere.
}

#[test]
fn the_reporter_never_reaches_the_broker() {
    assert_none("reporter", &["lapin"], "it reads tables");
}

#[test]
fn shared_knows_neither_tables_nor_services() {
    let forbidden = ["tokio-postgres", "deadpool-postgres", "migrations", "collector", "writer", "reporter"];
    assert_none("shared", &forbidden, "it holds only what two services must agree on");
}

#[test]
fn no_service_can_ask_the_web_for_anything() {
    for service in SERVICES {
        assert_none(service, &["reqwest"], "without an HTTP client nobody can be made to fetch a URL");
    }
}

#[test]
fn test_tools_are_linked_into_no_service() {
    for service in SERVICES.iter().chain(&["shared", "migrations"]) {
        assert_none(service, &["testkit"], "it panics where a service must not");
    }
}
