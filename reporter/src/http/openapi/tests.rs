//! The document, the router and the code say the same.

use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::ResponseError as _;
use serde_json::Value;
use shared::rate::Limited;

use super::*;
use crate::db::DatabaseError;
use crate::http::error::ApiError;
use crate::live::Refused;
use crate::query::InvalidQuery;
use crate::reports::BreakdownError;

fn json() -> Value {
    serde_json::from_str(&DOCUMENT).unwrap()
}

#[test]
fn the_document_is_the_one_in_the_folder() {
    let committed = include_str!("../../../openapi.json");
    assert!(
        *DOCUMENT == committed,
        "reporter/openapi.json is out of date: save what GET /openapi.json answers there, read the difference, and run \
         `cargo xtask client-types`"
    );
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    let document = json();
    let text = document.to_string();
    let references: Vec<&str> =
        text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(references.len() > 30);
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
}

#[test]
fn the_document_has_every_route_of_the_router_and_no_other() {
    // The router can't be asked for its routes; its source can.
    let router = include_str!("../../http.rs").split("pub(crate) fn routes").nth(1).unwrap();
    let router = router.split("\n}\n").next().unwrap();
    let routed: BTreeSet<&str> = router.split('"').filter(|literal| literal.starts_with('/')).collect();
    let document = json();
    let documented: BTreeSet<&str> =
        document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert!(routed.len() >= 15, "{routed:?}");
    assert_eq!(documented, routed);
}

/// Every refusal, one of each kind.
fn refusals() -> Vec<ApiError> {
    vec![
        ApiError::Unauthorized,
        ApiError::NotShared,
        ApiError::Limited(Limited { retry_after: Duration::ZERO }),
        ApiError::TooManyStreams(Refused::ByHolder),
        ApiError::TooManyStreams(Refused::Full),
        ApiError::UnknownProject,
        ApiError::UnknownEnvelope,
        ApiError::InvalidQuery(InvalidQuery::new("tz", "")),
        ApiError::TooBroad(BreakdownError::TooBroad { events: 1 }),
        ApiError::Expired(BreakdownError::Expired),
        ApiError::Database(DatabaseError::Busy),
        ApiError::Database(DatabaseError::Away(std::sync::Arc::new(std::fmt::Error))),
        ApiError::Database(DatabaseError::TooSlow),
        ApiError::Database(DatabaseError::unexpected(std::fmt::Error)),
        ApiError::MethodNotAllowed,
        ApiError::NoSuchRoute,
    ]
}

/// Fails to compile when there is a new kind of refusal: add it to [`refusals`] and to the list.
fn is_known(refusal: &ApiError) -> bool {
    use ApiError as E;
    match refusal {
        E::Unauthorized | E::NotShared | E::Limited(_) | E::TooManyStreams(_) => true,
        E::UnknownProject | E::UnknownEnvelope => true,
        E::InvalidQuery(_) | E::TooBroad(_) | E::Expired(_) => true,
        E::Database(_) | E::MethodNotAllowed | E::NoSuchRoute => true,
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
