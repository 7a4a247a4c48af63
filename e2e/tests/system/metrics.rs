//! Each service shows the metrics that its README's table tells of, and no others.

use std::collections::BTreeSet;

use testkit::{TestBroker, TestDatabase};

use crate::support::{System, reporter};

/// The names in a README's tables.
fn documented(readme: &str) -> BTreeSet<String> {
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `footfall_"));
    rows.map(|row| format!("footfall_{}", row.split(['`', '{']).next().unwrap())).collect()
}

/// The names that `/metrics` shows.
async fn shown(ops_url: &str) -> BTreeSet<String> {
    let text = reqwest::get(format!("{ops_url}/metrics")).await.unwrap().text().await.unwrap();
    assert!(text.contains("# TYPE process_resident_memory_bytes gauge"), "{text}");
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE footfall_"));
    types.map(|line| format!("footfall_{}", line.split(' ').next().unwrap())).collect()
}

#[tokio::test]
async fn each_service_shows_the_metrics_that_its_readme_tells_of() {
    let system = System::start_on(TestDatabase::create().await, TestBroker::create(), None, None).await;
    let reporter = reporter(&system.database.url()).await;
    // Its metrics by route begin with the first request.
    reqwest::get(reporter.public_url()).await.unwrap();

    for (service, readme) in [
        (&system.collector, include_str!("../../../collector/README.md")),
        (&system.writer, include_str!("../../../writer/README.md")),
        (&reporter, include_str!("../../../reporter/README.md")),
    ] {
        assert_eq!(shown(&service.ops_url()).await, documented(readme));
    }
}
