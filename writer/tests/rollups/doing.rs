//! What visitors did: sessions by what was done in them, what was asked, and by which contact they were reached.

use serde_json::{Value, json};
use shared::envelope::Envelope;
use shared::event::{Event, EventKind, InteractionType};
use testkit::envelopes::{envelope, impression, interaction};
use uuid::Uuid;
use writer::rollup::{Sketch, Sketches};

use crate::support::Bench;

fn in_session(session: u128, events: Vec<Event>) -> Envelope {
    let session_id = (session > 0).then(|| Uuid::from_u128(session));
    Envelope { session_id, ..envelope("alpha", events) }
}

fn did(kind: InteractionType) -> Event {
    interaction(kind, &Value::Null)
}

/// How many sessions of alpha are in each sketch, all days together.
async fn sessions(bench: &Bench) -> [f64; 4] {
    let sql = "select sessions, opened, asked, submitted from daily_visitors where project_id = 'alpha'";
    let rows = bench.client.query(sql, &[]).await.unwrap();
    std::array::from_fn(|column| {
        let parts = rows.iter().filter_map(|row| row.get::<_, Option<&[u8]>>(column));
        Sketch::merged(parts).unwrap().estimate().round()
    })
}

#[tokio::test]
async fn a_session_is_counted_once_by_each_step_that_was_taken_in_it_folded_or_not() {
    let mut bench = Bench::new().await;
    let (open, ask, submit) =
        (InteractionType::OpenChat, InteractionType::AskQuestion, InteractionType::SubmitForm);
    bench
        .store(&[
            in_session(1, vec![impression("https://example.com/")]),
            in_session(2, vec![impression("https://example.com/"), did(open), did(open)]),
            in_session(3, vec![did(InteractionType::ClickBubble), did(InteractionType::ClickContact)]),
            in_session(0, vec![did(open), did(ask), did(submit)]),
        ])
        .await;
    assert_eq!(sessions(&bench).await, [3.0, 1.0, 0.0, 0.0]);
    bench.fold().await;
    bench
        .store(&[
            in_session(2, vec![did(open), did(ask), did(InteractionType::ClickSuggestion)]),
            in_session(4, vec![did(submit)]),
        ])
        .await;
    assert_eq!(sessions(&bench).await, [4.0, 1.0, 1.0, 1.0], "folded and not");
    bench.fold().await;
    assert_eq!(sessions(&bench).await, [4.0, 1.0, 1.0, 1.0], "folded");
    bench.assert_equal_a_recount().await;
    assert_eq!(bench.rebuild().await, []);
    assert_eq!(sessions(&bench).await, [4.0, 1.0, 1.0, 1.0], "rebuilt");
    assert_eq!(Sketches::COLUMNS[1..], ["sessions", "opened", "asked", "submitted"]);
}

/// Values of one dimension with their events, in the order of the values.
async fn values(bench: &Bench, dimension: i16) -> Vec<(String, i64)> {
    let sql = "select value, sum(events_count)::bigint from daily_values where project_id = 'alpha' and dimension = $1
               group by 1 order by 1";
    let rows = bench.client.query(sql, &[&dimension]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn what_was_asked_and_which_contact_was_clicked_are_counted_by_their_words() {
    let mut bench = Bench::new().await;
    let asked = |data: Value| interaction(InteractionType::AskQuestion, &data);
    let contact = |label: Option<&str>| {
        let (interaction, label) = (InteractionType::ClickContact, label.map(str::to_owned));
        Event { age_ms: 0, kind: EventKind::Interaction { interaction, label, data: None } }
    };
    bench
        .store(&[envelope(
            "alpha",
            vec![
                asked(json!({ "question": "What does it cost?" })),
                asked(json!({ "question": " What does it cost?\n", "page": 2 })),
                asked(json!({ "question": 7 })),
                asked(json!({ "other": "x" })),
                interaction(InteractionType::OpenChat, &json!({ "question": "not asked" })),
                contact(Some("Email")),
                contact(None),
            ],
        )])
        .await;
    let questions = [(String::new(), 2), ("What does it cost?".to_owned(), 2)];
    let contacts = [(String::new(), 1), ("Email".to_owned(), 1)];
    assert_eq!(values(&bench, 7).await, questions);
    assert_eq!(values(&bench, 8).await, contacts);
    bench.fold().await;
    assert_eq!((values(&bench, 7).await, values(&bench, 8).await), (questions.into(), contacts.into()));
    bench.assert_equal_a_recount().await;
}
