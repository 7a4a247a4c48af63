//! What a project's owner has set: which projects there are, whose pages may send, which wishes are honoured, and who
//! may speak for visitors.

use reqwest::StatusCode;
use serde_json::{Value, json};
use shared::envelope::{DropReason, Dropped, RobotSigns};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::{Collector, SECRET_KEY, body, refusal};

const PROJECTS: &str = "
    insert into projects (project_id, name) values ('booking-bot', 'Booking');
    insert into projects (project_id, name, allowed_origins)
        values ('listed', 'Listed', '{https://shop.example, https://*.partner.example}');
    insert into projects (project_id, name, honour_gpc, honour_dnt) values ('other-rules', 'Other rules', false, true);";

/// An impression for `project_id`.
fn for_project(project_id: &str) -> Value {
    let mut body = body();
    body["project_id"] = json!(project_id);
    body
}

#[tokio::test]
async fn an_unknown_project_is_a_404_that_names_it() {
    let collector = Collector::knowing(PROJECTS).await;

    let request = collector.post(for_project("bookin-bot")).header("origin", "https://client.example");
    let answer = request.send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    let error = &answer.json::<Value>().await.unwrap()["error"];
    assert_eq!((&error["code"], &error["field"]), (&json!("unknown_project"), &json!("project_id")));
    assert!(error["message"].as_str().unwrap().contains("bookin-bot"));
}

#[tokio::test]
async fn a_project_with_a_list_of_origins_takes_from_these_pages_only() {
    let collector = Collector::knowing(PROJECTS).await;
    let refused = (StatusCode::FORBIDDEN, "origin_not_allowed".to_owned());
    for origin in [None, Some("https://evil.example"), Some("http://shop.example"), Some("null")] {
        let mut request = collector.post(for_project("listed"));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        assert_eq!(refusal(request.send().await.unwrap()).await, refused, "{origin:?}");
    }
    for origin in ["https://shop.example", "https://eu.partner.example"] {
        let request = collector.post(for_project("listed")).header("origin", origin);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::ACCEPTED, "{origin}");
    }
}

#[tokio::test]
async fn a_pixel_of_a_project_with_a_list_is_judged_by_its_referer() {
    let collector = Collector::knowing(PROJECTS).await;
    let pixel = format!("{}/v1/pixel.gif?project_id=listed&url=https://shop.example/", collector.url);

    let without = collector.client.get(&pixel).send().await.unwrap();
    assert_eq!(refusal(without).await, (StatusCode::FORBIDDEN, "origin_not_allowed".to_owned()));
    let from_page = collector.client.get(&pixel).header("referer", "https://shop.example/prices").send();
    assert_eq!(from_page.await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_visitor_who_wishes_not_to_be_tracked_is_a_number_and_nothing_else() {
    let collector = Collector::knowing(PROJECTS).await;
    let body = body();

    let answer = collector.post(&body).header("sec-gpc", "1").header("user-agent", "Browser/1").send();
    let answer = answer.await.unwrap();

    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer, json!({"envelope_id": body["envelope_id"], "accepted": 0, "dropped": 1}));
    let envelope = collector.next_message().await.remove(0);
    assert_eq!(envelope.dropped, Some(Dropped { reason: DropReason::Gpc, events: 1 }));
    assert!(envelope.events.is_empty() && envelope.visitor_id.is_none() && envelope.session_id.is_none());
    assert!(envelope.client.is_none() && envelope.user_agent.is_none());
    assert_eq!(collector.metric("footfall_collector_events_dropped_total{reason=\"gpc\"}").await, 1.0);
    assert_eq!(collector.metric("footfall_collector_events_accepted_total").await, 0.0);
}

#[tokio::test]
async fn a_project_chooses_which_wishes_it_honours() {
    let collector = Collector::knowing(PROJECTS).await;
    for (project_id, header, dropped) in [
        ("booking-bot", "sec-gpc", true),
        ("booking-bot", "dnt", false),
        ("other-rules", "sec-gpc", false),
        ("other-rules", "dnt", true),
    ] {
        let answer = collector.post(for_project(project_id)).header(header, "1").send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["accepted"] == 0, dropped, "{project_id} {header}: {answer}");
    }
}

/// An impression that states what only a server may.
fn stated(sent_at: OffsetDateTime) -> Value {
    let mut body = body();
    body["client_address"] = json!("203.0.113.77");
    body["user_agent"] = json!("App/2");
    body["sent_at"] = json!(sent_at.format(&Rfc3339).unwrap());
    body
}

#[tokio::test]
async fn a_server_with_the_projects_key_states_address_browser_and_time() {
    let collector = Collector::knowing(PROJECTS).await;
    let sent_at = shared::clock::now() - time::Duration::days(6);

    let request = collector.post(stated(sent_at)).bearer_auth(SECRET_KEY).header("user-agent", "server");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::ACCEPTED);

    let envelope = collector.next_message().await.remove(0);
    assert_eq!(envelope.client.unwrap().to_string(), "203.0.113.0");
    assert_eq!(envelope.user_agent.as_deref(), Some("App/2"));
    assert_eq!(envelope.sent_at, Some(sent_at));
    assert_eq!(envelope.created_at(&envelope.events[0]), Some(sent_at - time::Duration::milliseconds(1_500)));
}

#[tokio::test]
async fn what_a_server_leaves_unstated_is_unknown_and_not_the_servers_own() {
    let collector = Collector::knowing(PROJECTS).await;

    let request = collector.post(body()).bearer_auth(SECRET_KEY).header("user-agent", "server");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::ACCEPTED);

    let envelope = collector.next_message().await.remove(0);
    assert_eq!((envelope.client, envelope.user_agent), (None, None));
    assert!(envelope.robot.is_none(), "no browser is known, which is no sign of a robot");
}

#[tokio::test]
async fn a_server_tells_of_its_visitors_browser_and_its_own_headers_tell_nothing() {
    let collector = Collector::knowing(PROJECTS).await;
    let mut body = body();
    (body["user_agent"], body["webdriver"]) = (json!(""), json!(true));

    let request = collector.post(body).bearer_auth(SECRET_KEY).header("sec-purpose", "prefetch");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::ACCEPTED);

    let expected = RobotSigns { prefetch: false, webdriver: true, no_user_agent: true };
    assert_eq!(collector.next_message().await[0].robot, expected, "an empty user agent was stated");
}

#[tokio::test]
async fn a_public_request_states_nothing_for_others() {
    let collector = Collector::knowing(PROJECTS).await;
    let whole = stated(shared::clock::now());
    for field in ["client_address", "user_agent", "sent_at"] {
        let mut body = body();
        body[field] = whole[field].clone();
        let answer = collector.post(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let error = &answer.json::<Value>().await.unwrap()["error"];
        assert_eq!((&error["code"], &error["field"]), (&json!("key_required"), &json!(field)));
    }
}

#[tokio::test]
async fn a_key_that_is_wrong_or_anothers_is_refused_alike() {
    let collector = Collector::knowing(PROJECTS).await;
    let another_secret = format!("{}{}", &SECRET_KEY[..SECRET_KEY.len() - 1], "0");
    let mut answers = Vec::new();
    for (key, project_id) in
        [("garbage", "booking-bot"), (another_secret.as_str(), "booking-bot"), (SECRET_KEY, "listed")]
    {
        let answer = collector.post(for_project(project_id)).bearer_auth(key).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{key}");
        answers.push(answer.text().await.unwrap());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn without_a_list_of_projects_everything_is_accepted_but_keys() {
    let collector = Collector::new().await.connected().await;

    let accepted = collector.post(for_project("anything")).send().await.unwrap();
    assert_eq!(accepted.status(), StatusCode::ACCEPTED, "Postgres is away; the writer will know");
    let keyed = collector.post(body()).bearer_auth(SECRET_KEY).send().await.unwrap();
    assert!(keyed.headers().contains_key("retry-after"));
    assert_eq!(refusal(keyed).await, (StatusCode::SERVICE_UNAVAILABLE, "keys_unavailable".to_owned()));
}
