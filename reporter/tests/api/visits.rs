//! Two projects and the visits of a few people, over two days of November: what the finer reports are made of.

use testkit::TestDatabase;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use crate::reporter_under_test::Reporter;
use crate::seed::{BOSTON, HAIFA, Place, Seed, Visit};

/// The days of every visit, in the zone in which they are local.
pub(crate) const DAYS: &str = "from=2026-11-02&to=2026-11-03&tz=Asia/Jerusalem";

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
/// A suburb: the city's name, another position.
const HAIFA_EAST: Place = Place("IL", "Haifa", 32.8, 35.1);

/// One person's visit: when, from where and with what, and what was done.
struct Seen {
    at: OffsetDateTime,
    project: &'static str,
    place: Option<Place>,
    visit: Visit,
    done: &'static [(&'static str, Option<&'static str>, Option<&'static str>)],
}

fn seen(at: OffsetDateTime, project: &'static str, person: u128, place: Option<Place>) -> Seen {
    let id = |n: u128| Some(Uuid::from_u128(n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)));
    let visit = Visit {
        visitor: id(person),
        session: id(1_000 + person * 10 + u128::from(at.day())),
        url: Some("https://example.com/rooms?page=2"),
        referrer: None,
        user_agent: Some(FIREFOX),
    };
    Seen { at, project, place, visit, done: &[] }
}

/// Seven visits: one just before the two days, one just after, and five between.
fn visits() -> Vec<Seen> {
    let mut all = vec![
        seen(datetime!(2026-11-01 23:59:59 +2), "bot", 9, Some(BOSTON)),
        seen(datetime!(2026-11-02 00:00 +2), "bot", 1, Some(HAIFA)),
        seen(datetime!(2026-11-02 12:00 +2), "bot", 2, Some(HAIFA_EAST)),
        seen(datetime!(2026-11-03 12:00 +2), "bot", 1, Some(HAIFA)),
        seen(datetime!(2026-11-03 13:00 +2), "form", 2, Some(BOSTON)),
        seen(datetime!(2026-11-03 23:59 +2), "form", 3, None),
        seen(datetime!(2026-11-04 00:00 +2), "form", 8, Some(BOSTON)),
    ];
    all[0].done = &[("ask_question", None, Some("Too early?"))];
    all[1].done =
        &[("open_chat", Some("Chat"), None), ("ask_question", Some("Box"), Some(" Open on Sunday? "))];
    all[2].done = &[("ask_question", None, Some("Open on Sunday?")), ("submit_form", Some("Booking"), None)];
    all[3].done = &[("open_chat", Some("Chat"), None), ("click_contact", Some("Phone Link"), None)];
    all[4].done = &[("click_contact", None, None), ("click_contact", Some("=HYPERLINK(\"x\")"), None)];
    all[5].done = &[("click_bubble", None, None)];
    all[6].done = &[("submit_form", Some("Too late"), None)];
    for (place, url) in [(2, "https://example.com/prices#all"), (4, "https://example.com/prices")] {
        all[place].visit.url = Some(url);
    }
    for place in [2, 4, 5] {
        all[place].visit.user_agent = Some(IPHONE);
        all[place].visit.referrer = Some("https://www.Google.com/search?q=rooms");
    }
    all
}

/// The visits, a reporter on them, and a key that sees both projects.
pub(crate) async fn visited() -> (TestDatabase, Reporter, String) {
    let database = TestDatabase::create().await;
    let seed = Seed::of(&database).await;
    seed.project("bot", "Booking Bot").await;
    seed.project("form", "Contact Form").await;
    seed.project("quiet", "Quiet").await;
    for Seen { at, project, place, visit, done } in visits() {
        seed.impression_of(project, at, place, &visit).await;
        for (event_type, label, question) in done {
            seed.interaction_of(project, at, event_type, *label, *question, &visit).await;
        }
    }
    let key = seed.key(None).await;
    let reporter = Reporter::start(&database.url()).await;
    (database, reporter, key)
}
