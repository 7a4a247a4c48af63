//! The document, the page of errors and the code say the same.

use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::ResponseError;
use serde_json::Value;
use shared::event::{AGE_MS_MAX, URL_BYTES_MAX};

use super::*;
use crate::http::error::CollectError;
use crate::payload::{self, Mistake};
use crate::publisher::Unpublished;
use crate::rate::Limited;

fn json() -> Value {
    serde_json::from_str(&DOCUMENT).unwrap()
}

#[test]
fn the_document_is_the_one_in_the_folder() {
    let committed = include_str!("../../../openapi.json");
    assert!(
        *DOCUMENT == committed,
        "collector/openapi.json is out of date: save what GET /openapi.json answers there, and read the difference"
    );
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    let document = json();
    let text = document.to_string();
    let references: Vec<&str> =
        text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(references.len() > 10);
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
}

/// Every refusal, one of each kind.
fn refusals() -> Vec<CollectError> {
    let no_json = || serde_json::from_str::<Value>("{").unwrap_err();
    let mistakes = Mistake::ALL.map(|mistake| payload::RejectReason::BadField {
        field: String::new(),
        problem: String::new(),
        mistake,
    });
    let not_json = payload::RejectReason::NotJson { problem: String::new() };
    let unpublished =
        [Unpublished::Overloaded, Unpublished::QueueFull, Unpublished::Unavailable, Unpublished::TimedOut];
    let others = [
        CollectError::UnsupportedMediaType,
        CollectError::UnsupportedEncoding,
        CollectError::BodyTooLarge { limit_bytes: 1 },
        CollectError::BodyTooSlow { limit_s: 1 },
        CollectError::BodyBrokenOff,
        CollectError::Rejected(not_json),
        CollectError::UnknownProject("a".parse().unwrap()),
        CollectError::OriginNotAllowed,
        CollectError::BadKey,
        CollectError::KeysUnavailable,
        CollectError::Limited(Limited { retry_after: Duration::ZERO }),
        CollectError::Internal(no_json()),
        CollectError::MethodNotAllowed { allow: "GET" },
        CollectError::NoSuchRoute,
    ];
    let mistakes = mistakes.into_iter().map(CollectError::Rejected);
    others.into_iter().chain(mistakes).chain(unpublished.map(CollectError::Unpublished)).collect()
}

/// Fails to compile when there is a new kind of refusal: add it to [`refusals`], to the list, and to the page.
fn is_known(refusal: &CollectError) -> bool {
    use CollectError as E;
    match refusal {
        E::UnsupportedMediaType | E::UnsupportedEncoding | E::BodyTooLarge { .. } | E::BodyTooSlow { .. } => {
            true
        }
        E::BodyBrokenOff | E::Rejected(_) | E::UnknownProject(_) | E::OriginNotAllowed | E::BadKey => true,
        E::KeysUnavailable | E::Limited(_) | E::Internal(_) | E::MethodNotAllowed { .. } | E::NoSuchRoute => {
            true
        }
        E::Unpublished(unpublished) => match unpublished {
            Unpublished::Overloaded | Unpublished::QueueFull => true,
            Unpublished::Unavailable | Unpublished::TimedOut => true,
        },
    }
}

#[test]
fn the_list_holds_every_refusal_with_its_status_and_no_other() {
    let refusals = refusals();
    assert!(refusals.iter().all(is_known));
    let of_code: BTreeSet<(u16, &str)> =
        refusals.iter().map(|refusal| (refusal.status_code().as_u16(), refusal.code())).collect();
    let listed: BTreeSet<(u16, &str)> =
        REFUSALS.iter().map(|refusal| (refusal.status, refusal.code)).collect();

    assert_eq!(of_code, listed);
    assert_eq!(listed.len(), REFUSALS.len());
}

#[test]
fn the_page_of_errors_lists_every_code_with_its_status_and_no_other() {
    let page = include_str!("../../../docs/errors.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let documented: Vec<(u16, &str)> = rows
        .map(|row| {
            let mut cells = row.split('|').map(|cell| cell.trim().trim_end_matches('`'));
            let code = cells.next().unwrap();
            (cells.next().unwrap().parse().unwrap(), code)
        })
        .collect();
    let listed: BTreeSet<(u16, &str)> =
        REFUSALS.iter().map(|refusal| (refusal.status, refusal.code)).collect();

    assert_eq!(documented.iter().copied().collect::<BTreeSet<_>>(), listed);
    assert_eq!(documented.len(), listed.len(), "a code stands on the page twice");
}

/// The names of the fields that serde tells of when it meets one it does not know.
fn parsed_fields(body: &str) -> BTreeSet<String> {
    let refusal = payload::parse(body.as_bytes(), shared::clock::now()).unwrap_err().to_string();
    let (_, names) = refusal.split_once("expected one of ").unwrap();
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn properties(schema: &Value) -> BTreeSet<String> {
    schema["properties"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_document_names_the_fields_that_are_parsed() {
    let document = json();
    let envelope = &document["components"]["schemas"]["Envelope"];
    assert_eq!(properties(envelope), parsed_fields(r#"{"x":1}"#));
    assert_eq!(envelope["additionalProperties"], false);
    let required = ["project_id", "visitor_id", "session_id", "events"].map(Value::from);
    assert_eq!(
        envelope["required"].as_array().unwrap().iter().map(Value::to_string).collect::<BTreeSet<_>>(),
        required.iter().map(Value::to_string).collect()
    );

    let events = document["components"]["schemas"]["Event"]["oneOf"].as_array().unwrap();
    let documented: BTreeSet<String> = events.iter().flat_map(properties).collect();
    assert_eq!(documented, parsed_fields(r#"{"events":[{"x":1}]}"#));
}

#[test]
fn the_document_tells_the_limits_that_are_enforced() {
    let document = json();
    let impression = &document["components"]["schemas"]["Event"]["oneOf"][0]["properties"];
    assert_eq!(impression["url"]["maxLength"], URL_BYTES_MAX);
    assert_eq!(impression["age_ms"]["maximum"], AGE_MS_MAX);
    assert_eq!(document["components"]["schemas"]["Envelope"]["properties"]["events"]["maxItems"], 100);
}

#[test]
fn each_route_tells_of_its_statuses() {
    let document = json();
    let statuses = |path: &str, method: &str| -> Vec<String> {
        document["paths"][path][method]["responses"].as_object().unwrap().keys().cloned().collect()
    };
    let events = ["202", "400", "401", "403", "404", "408", "413", "415", "422", "429", "500", "503"];
    assert_eq!(statuses("/v1/events", "post"), events);
    assert_eq!(statuses("/v1/pixel.gif", "get"), ["200", "401", "403", "404", "422", "429", "500", "503"]);
    let retry_after = "/paths/~1v1~1events/post/responses/503/headers/Retry-After";
    assert!(document.pointer(retry_after).is_some());
}
