//! Every route there is, read from the source: whoever adds one is met by the tests that go over all of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What a route needs beside a key before it answers 200; those that are not named need nothing.
const NEEDS: [(&str, &str); 1] = [("/v1/reports/breakdown", "dimension=page")];

/// The paths under `/v1/` that the public listener takes, as their patterns.
pub(crate) fn routes() -> BTreeSet<String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files_below(&src.join("http")).into_iter().chain([src.join("http.rs")]);
    let mut routes = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        // A path is a literal; what only mentions one stands in this file of its own.
        if file.ends_with("http/entry.rs") {
            continue;
        }
        routes.extend(text.split('"').filter(|literal| literal.starts_with("/v1/")).map(ToOwned::to_owned));
    }
    assert!(routes.len() >= 8, "{routes:?}");
    routes
}

/// A route's address, for an envelope where it takes one, with what it needs.
pub(crate) fn address(route: &str, envelope_id: &str, more: &str) -> String {
    let path = route.strip_prefix("/v1/").unwrap().replace("{envelope_id}", envelope_id);
    let needs = NEEDS.iter().find(|(needing, _)| *needing == route).map_or("", |(_, needs)| *needs);
    let query = [needs, more].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("&");
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

fn rust_files_below(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| if path.is_dir() { rust_files_below(&path) } else { vec![path] });
    found.filter(|path| path.extension().is_some_and(|name| name == "rs")).collect()
}
