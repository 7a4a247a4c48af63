//! Who may depend on whom.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::collections::{BTreeMap, BTreeSet};

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
fn the_collector_never_reaches_postgres() {
    let postgres = ["tokio-postgres", "deadpool-postgres", "migrations"];
    assert_none("collector", &postgres, "it accepts while the database is away");
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
