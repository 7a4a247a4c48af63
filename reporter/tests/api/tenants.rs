//! The tenant matrix: every route, asked by everyone who may not. Within a class of them all answers are the same, byte for byte.

use reqwest::header::{AUTHORIZATION, HeaderMap};
use reqwest::{Method, StatusCode};
use testkit::TestDatabase;
use time::macros::datetime;

use crate::reporter_under_test::Reporter;
use crate::routes::{address, routes};
use crate::seed::{BOSTON, HAIFA, Seed};
use crate::shares::{revoke, share};

const MINE: &str = "01932f6e-0000-7000-8000-000000000001";
const THEIRS: &str = "01932f6e-0000-7000-8000-000000000002";
const NOBODYS: &str = "01932f6e-0000-7000-8000-000000000003";
const DAYS: &str = "from=2026-11-01&to=2026-11-03";
/// In whatever is only theirs.
const CANARY: &str = "canary";
/// What a share link does not open: what visitors wrote, and what became of single requests. A new route stands here, or in
/// `OPEN_TO_SHARES` of `src/http/entry.rs`.
const CLOSED_TO_SHARES: [&str; 2] = ["/v1/reports/questions", "/v1/receipts/{envelope_id}"];
/// Routes whose answer does not end.
const ENDLESS: [&str; 1] = ["/v1/reports/live"];
/// All that is asked comes from one network.
const UNLIMITED: &[(&str, &str)] =
    &[("FOOTFALL_KEY_REQUESTS_PER_S", "0"), ("FOOTFALL_STRANGER_REQUESTS_PER_S", "0")];

/// Everything that can be told of an answer.
#[derive(Debug, PartialEq)]
struct Told {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

struct Tenants {
    _database: TestDatabase,
    seed: Seed,
    reporter: Reporter,
    /// Sees `mine` and no other.
    key: String,
}

impl Tenants {
    async fn start() -> Self {
        let database = TestDatabase::create().await;
        let seed = Seed::of(&database).await;
        for (project, name, envelope, place) in
            [("mine", "Mine", MINE, HAIFA), ("theirs", CANARY, THEIRS, BOSTON)]
        {
            let noon = datetime!(2026-11-02 12:00 UTC);
            seed.project(project, name).await;
            seed.impression(project, noon, Some(place)).await;
            seed.interaction(project, noon).await;
            seed.sql(&format!(
                "insert into daily_value_stats (project_id, date, dimension, value, events_count)
                     select '{project}', '2026-11-02', dimension, '{name} ' || dimension, 1
                     from generate_series(2, 8) as dimension;
                 insert into daily_dropped_stats values ('{project}', '2026-11-02', 'gpc', 3);
                 insert into ingest_ledger
                     (envelope_id, project_id, events_hash, stored_count, quarantined_count, received_at, committed_at)
                 values ('{envelope}', '{project}', '\\x00', 1, 0, '2026-11-02 12:00Z', '2026-11-02 12:00:01Z');"
            ))
            .await;
        }
        let key = seed.key(Some(&["mine"])).await;
        let reporter = Reporter::start_with(&database.url(), UNLIMITED).await;
        Self { _database: database, seed, reporter, key }
    }

    /// What is told of `path`, less the date; of an answer without end, how it begins.
    async fn ask(&self, path: &str, authorization: Option<&str>) -> Told {
        let mut request = self.reporter.request(Method::GET, path);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = request.send().await.unwrap();
        let (status, mut headers) = (response.status(), response.headers().clone());
        headers.remove("date");
        let endless = ENDLESS.iter().any(|route| path.starts_with(&route[4..])) && status.is_success();
        let body = if endless { String::new() } else { response.text().await.unwrap() };
        Told { status, headers, body }
    }

    async fn ask_with_key(&self, path: &str) -> Told {
        self.ask(path, Some(&format!("Bearer {}", self.key))).await
    }

    /// Everyone who has no business here: an `Authorization` header, or what stands in the address.
    async fn strangers(&self) -> Vec<(&'static str, Option<String>, String)> {
        let (none, secret) = (String::new(), "0".repeat(64));
        let bearer = |token: String| Some(format!("Bearer {token}"));
        let seed = &self.seed;
        let (key, revoked) = (&self.key, seed.key(Some(&["mine"])).await);
        seed.revoke(&revoked).await;
        let good = share(seed, &["mine"], None, "null").await;
        let ended = share(seed, &["mine"], None, "null").await;
        revoke(seed, &ended).await;
        let expired = share(seed, &["mine"], None, "now() - interval '1 second'").await;
        let orphaned = share(seed, &["mine"], Some(&revoked), "null").await;
        let mut strangers = vec![
            ("no key", None, none.clone()),
            ("nothing behind the scheme", Some("Bearer".to_owned()), none.clone()),
            ("garbage", bearer("garbage".to_owned()), none.clone()),
            ("a wrong scheme", Some(format!("Basic {key}")), none.clone()),
            ("a wrong prefix", bearer(key.replacen("ffk_", "ffi_", 1)), none.clone()),
            ("a key called a share", bearer(key.replacen("ffk_", "ffs_", 1)), none.clone()),
            ("an unknown id", bearer(format!("ffk_{}_{secret}", "0".repeat(12))), none.clone()),
            ("a wrong secret", bearer(format!("{}_{secret}", &key[..16])), none.clone()),
            ("a revoked key", bearer(revoked), none.clone()),
            ("a key in the address", None, format!("share={key}")),
            ("a key in a parameter of its own", None, format!("key={key}")),
            ("a key and a share", bearer(key.clone()), format!("share={good}")),
        ];
        for (who, share) in [
            ("a revoked share", ended),
            ("an expired share", expired),
            ("the share of a revoked key", orphaned),
            ("an unknown share", format!("ffs_{}_{secret}", "0".repeat(12))),
            ("a share with a wrong secret", format!("{}_{secret}", &good[..16])),
            ("garbage for a share", "garbage".to_owned()),
        ] {
            strangers.push((who, bearer(share.clone()), none.clone()));
            strangers.push((who, None, format!("share={share}")));
        }
        strangers
    }
}

#[tokio::test]
async fn whoever_may_not_ask_is_told_the_same_on_every_route() {
    let tenants = Tenants::start().await;
    let expected = tenants.ask("reports/overview", None).await;
    assert_eq!(expected.status, StatusCode::UNAUTHORIZED);
    let strangers = tenants.strangers().await;
    for route in routes() {
        // Neither a foreign thing, nor one that does not exist, nor a bad query shines through.
        for (envelope, more) in [(MINE, ""), (THEIRS, "project_id=theirs"), ("nonsense", "nonsense=1")] {
            for (who, authorization, in_address) in &strangers {
                let path = address(&route, envelope, &[more, in_address.as_str()].join("&"));
                let told = tenants.ask(&path, authorization.as_deref()).await;
                assert_eq!(told, expected, "{who} on {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_key_gets_its_own_on_every_route_and_not_a_word_of_another_s() {
    let tenants = Tenants::start().await;
    for route in routes() {
        for more in ["", DAYS, "project_id=mine"] {
            // Neither of them takes dates.
            let is_without_days = route.contains('{') || ENDLESS.contains(&route.as_str());
            let path = address(&route, MINE, if is_without_days { "" } else { more });
            let told = tenants.ask_with_key(&path).await;
            assert_eq!(told.status, StatusCode::OK, "{path}: {}", told.body);
            assert!(!told.body.contains(CANARY) && !told.body.contains("theirs"), "{path}: {}", told.body);
            // Boston is where only they were seen.
            assert!(!told.body.contains("Boston"), "{path}: {}", told.body);
        }
    }
}

#[tokio::test]
async fn what_is_another_s_and_what_is_not_there_are_one_on_every_route() {
    let tenants = Tenants::start().await;
    for route in routes() {
        let (foreign, missing) = if route.contains('{') {
            (address(&route, THEIRS, ""), address(&route, NOBODYS, ""))
        } else {
            (address(&route, "", "project_id=theirs"), address(&route, "", "project_id=nobodys"))
        };
        let (foreign, missing) = (tenants.ask_with_key(&foreign).await, tenants.ask_with_key(&missing).await);
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{route}");
        assert_eq!(foreign, missing, "{route}");
        if !route.contains('{') {
            let both = address(&route, "", "project_id=mine&project_id=theirs");
            assert_eq!(tenants.ask_with_key(&both).await, missing, "{route}");
        }
    }
}

#[tokio::test]
async fn a_share_opens_what_was_decided_for_each_route_and_not_a_word_of_another_s() {
    let tenants = Tenants::start().await;
    let link = share(&tenants.seed, &["mine"], None, "now() + interval '1 hour'").await;
    for route in routes() {
        let told = tenants.ask(&address(&route, MINE, &format!("share={link}")), None).await;
        let expected =
            if CLOSED_TO_SHARES.contains(&route.as_str()) { StatusCode::FORBIDDEN } else { StatusCode::OK };
        assert_eq!(told.status, expected, "{route}: {}", told.body);
        assert!(!told.body.contains(CANARY) && !told.body.contains("theirs"), "{route}: {}", told.body);
        assert!(!told.body.contains(&link[17..]), "{route} repeats the link's secret");
    }
}
