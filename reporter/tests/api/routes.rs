//! Every route there is, read from the source: whoever adds one is met by the tests that go over all of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What a route needs beside a key before it answers 200; those that are not named need nothing.
const NEEDS: [(&str, &str); 1] = [("/v1/reports/breakdown", "dimension=page")];

/// What may be read without a key: it says nothing of anybody.
const PUBLIC: [&str; 3] = ["/openapi.json", "/docs", "/docs/style.css"];
/// How a route is registered, before its path; and ways to do it that the tests would not see.
const REGISTERED_BY: [&str; 2] = ["get_only(", "web::resource("];
const UNSEEN: [&str; 4] = [".route(\"", "web::scope(", "#[get(", "#[route("];

/// The paths that the public listener takes with a key, as their patterns.
pub(crate) fn routes() -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for file in rust_files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        for unseen in UNSEEN {
            assert!(!text.contains(unseen), "{} registers by {unseen}", file.display());
        }
        for call in REGISTERED_BY.iter().flat_map(|call| text.split(call).skip(1)) {
            // The rest are arguments that are no literals: the functions themselves.
            if let Some(literal) = call.trim_start().strip_prefix('"') {
                routes.insert(literal.split('"').next().unwrap().to_owned());
            }
        }
    }
    routes.retain(|route| !PUBLIC.contains(&route.as_str()));
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
