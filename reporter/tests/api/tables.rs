//! `format=csv`: a table a report, safe to open.

use reqwest::StatusCode;
use testkit::TestDatabase;
use time::macros::datetime;

use crate::reporter_under_test::Reporter;
use crate::seed::{HAIFA, Seed};

const NOON: time::OffsetDateTime = datetime!(2026-11-02 12:00 UTC);
const DAY: &str = "from=2026-11-02&to=2026-11-02&format=csv";

async fn started() -> (TestDatabase, Seed, Reporter, String) {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    let key = seed.key(None).await;
    let reporter = Reporter::start(&database.url()).await;
    (database, seed, reporter, key)
}

#[tokio::test]
async fn every_report_but_the_overview_is_a_table_with_its_own_columns() {
    let (_database, _seed, reporter, key) = started().await;
    for (report, columns) in [
        ("interactions", "at,count\r\n2026-11-02,0"),
        ("impressions", "at,count\r\n2026-11-02,0"),
        ("top-widgets", "project_id,name,interactions"),
        ("impressions-by-widget", "project_id,name,impressions"),
        ("impressions-by-location", "country,city,lat,lng,impressions"),
        ("breakdown?dimension=page", "value,country,count"),
        ("visitors", "at,visitors,sessions\r\n2026-11-02,0,0"),
        ("questions", "question,count"),
        ("contact-labels", "label,count"),
        ("dropped", "project_id,name,date,reason,events"),
    ] {
        let separator = if report.contains('?') { '&' } else { '?' };
        let answer = reporter.get(&key, &format!("reports/{report}{separator}{DAY}")).await;
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present", "{report}");
        let name = report.split('?').next().unwrap();
        let saved_as = format!("attachment; filename=\"footfall-{name}-2026-11-02-2026-11-02.csv\"");
        assert_eq!(answer.header("content-disposition"), saved_as);
        assert_ne!(answer.header("etag"), "", "{report}");
        assert_eq!(answer.ok(), format!("{columns}\r\n"), "{report}");
    }
    let funnel = reporter.get(&key, &format!("reports/funnel?{DAY}")).await.ok();
    let funnel = funnel.as_str().unwrap();
    assert!(
        funnel.starts_with("project_id,name,step,sessions,sessions_low,sessions_high,share\r\n,,loaded,0,")
    );

    let refused = reporter.get(&key, &format!("reports/overview?{DAY}")).await;
    assert_eq!(
        (refused.status, &refused.body["error"]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &"format".into())
    );
    for query in ["format=xml", "format=csv&format=csv", "format=json&format=csv", "format="] {
        let refused = reporter.get(&key, &format!("reports/interactions?{query}")).await;
        assert_eq!(refused.body["error"]["field"], "format", "{query}");
    }
    let json = reporter.get(&key, "reports/interactions?format=json&from=2026-11-02&to=2026-11-02").await;
    assert_eq!(json.header("content-disposition"), "");
    assert_eq!(json.ok()["total"], 0);
}

#[tokio::test]
async fn a_widget_s_name_runs_nothing_and_breaks_no_row() {
    let (_database, seed, reporter, key) = started().await;
    let names =
        ["=HYPERLINK(\"http://evil\",\"free\")", "two,\r\nlines \"quoted\"", "@sum", "ערב טוב", "\t-1"];
    for (n, name) in names.iter().enumerate() {
        let project = format!("p{n}");
        seed.project(&project, name).await;
        seed.interaction(&project, NOON).await;
        seed.impression(&project, NOON, Some(HAIFA)).await;
    }
    for report in ["top-widgets?limit=10&", "impressions-by-widget?"] {
        let table = reporter.get(&key, &format!("reports/{report}{DAY}")).await.ok();
        let expected = "p0,\"'=HYPERLINK(\"\"http://evil\"\",\"\"free\"\")\",1\r\n\
                        p1,\"two,\r\nlines \"\"quoted\"\"\",1\r\n\
                        p2,'@sum,1\r\n\
                        p3,ערב טוב,1\r\n\
                        p4,'\t-1,1\r\n";
        assert_eq!(table.as_str().unwrap().split_once("\r\n").unwrap().1, expected, "{report}");
    }
}
