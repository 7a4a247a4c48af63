//! `GET /openapi.json`: this API, for machines; made from the types that answers are made of.
//!
//! `openapi.json` in the crate's folder is what it answers; a test compares the two. `docs.rs` shows it to people.

mod parameters;
mod refusals;
mod reports;

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::{self, ContentType};
use utoipa::ToSchema;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, Paths};
use utoipa::openapi::schema::{Object, Schema, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    AllOf, Components, Content, Header, Info, License, OpenApi, PathItem, Ref, RefOr, Response,
};

use self::refusals::{REFUSALS, Refusal};
use self::reports::{Described, REPORTS};
use super::docs;
use super::entry::OPEN_TO_SHARES;
use super::error::ErrorBody;
use crate::auth::SHARE_PARAMETER;
use crate::fresh::Fresh;
use crate::live::{Interaction, Now};
use crate::reports::Receipt;

/// The name of the way to come in with a key.
const KEY: &str = "key";
/// The name of the way to come in with a share link.
const SHARE: &str = "share";
/// Anybody may keep the document, and asks whether it is still so.
const KEPT: &str = "public, no-cache";

/// The document as it is answered.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let text = document().to_pretty_json().unwrap_or_default();
    format!("{text}\n")
});

/// The document as people read it.
static PAGE: LazyLock<String> =
    LazyLock::new(|| docs::page(&serde_json::to_value(document()).unwrap_or_default()));

/// Answers the document.
pub(super) async fn openapi() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(ContentType::json())
        .insert_header((header::CACHE_CONTROL, KEPT))
        .body(DOCUMENT.as_str())
}

/// Answers the page: it runs no script, and nothing of it comes from elsewhere.
pub(super) async fn page() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(ContentType::html())
        .insert_header((header::CACHE_CONTROL, KEPT))
        .insert_header((header::CONTENT_SECURITY_POLICY, docs::POLICY))
        .body(PAGE.as_str())
}

/// Answers the page's style.
pub(super) async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, KEPT))
        .body(docs::STYLE)
}

fn document() -> OpenApi {
    let info = Info::builder()
        .title("Footfall reporter")
        .version("1")
        .description(Some(
            "Answers dashboards: what happened in embedded widgets, by local days of any time zone. A key sees its projects \
             and no others.",
        ))
        .license(None::<License>);
    let mut shared = Components::new();
    let mut paths = Paths::builder();
    for report in &REPORTS {
        let operation = report_operation(report, &mut shared);
        paths = paths.path(report.path, PathItem::new(HttpMethod::Get, operation));
    }
    paths = paths
        .path("/v1/receipts/{envelope_id}", PathItem::new(HttpMethod::Get, receipt(&mut shared)))
        .path("/v1/reports/live", PathItem::new(HttpMethod::Get, live(&mut shared)))
        .path("/openapi.json", PathItem::new(HttpMethod::Get, this_document()))
        .path(
            "/docs",
            PathItem::new(HttpMethod::Get, public("docs", "This document, for people.", "text/html")),
        )
        .path(
            "/docs/style.css",
            PathItem::new(HttpMethod::Get, public("docs_style", "Its style.", "text/css")),
        );
    reports::put::<Fresh>(&mut shared);
    reports::put::<ErrorBody<'_>>(&mut shared);
    let key = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("ffk_…")
        .description(Some("A reader's key; a share link's token, `ffs_…`, is taken here as well."));
    let share = ApiKeyValue::with_description(
        SHARE_PARAMETER,
        "A share link's token: it opens the reports that name it.",
    );
    shared.add_security_scheme(KEY, SecurityScheme::Http(key.build()));
    shared.add_security_scheme(SHARE, SecurityScheme::ApiKey(ApiKey::Query(share)));
    OpenApi::builder().info(info.build()).paths(paths).components(Some(shared)).build()
}

fn report_operation(report: &Described, shared: &mut Components) -> Operation {
    let name = (report.schema)(shared);
    let answer = AllOf::builder()
        .item(Ref::from_schema_name(name))
        .item(Object::builder().property("fresh", Ref::from_schema_name(Fresh::name())).required("fresh"));
    let mut answered = Response::builder()
        .description("The report, and how fresh it is.")
        .content("application/json", Content::new(Some(Schema::from(answer.build()))));
    if report.is_table {
        let table = Object::builder().schema_type(Type::String);
        answered = answered.content("text/csv", Content::new(Some(Schema::from(table))));
    }
    let unchanged = Response::builder().description("The report is as `If-None-Match` names it.");
    let operation = Operation::builder()
        .operation_id(Some(report.id))
        .summary(Some(report.summary))
        .response("200", of_an_answer(answered).build())
        .response("304", of_an_answer(unchanged).build());
    let mut operation = with_refusals(operation, report.path, shared);
    operation.parameters = Some(parameters::of(report, shared));
    operation
}

/// What a report's answer says in its head.
fn of_an_answer(response: utoipa::openapi::ResponseBuilder) -> utoipa::openapi::ResponseBuilder {
    let text = |description: &str| {
        let schema = Schema::from(Object::builder().schema_type(Type::String));
        Header::builder().schema(Some(schema)).description(Some(description)).build()
    };
    response
        .header("ETag", text("A tag of the report, whatever is fresh in it."))
        .header("Footfall-Complete-Until", text("`fresh.complete_until`, where it is known."))
        .header("Footfall-Waiting-Messages", text("`fresh.waiting_messages`, where it is known."))
}

fn live(shared: &mut Components) -> Operation {
    let (now, interaction) = (reports::put::<Now>(shared), reports::put::<Interaction>(shared));
    let text = Object::builder().schema_type(Type::String).description(Some(format!(
        "Events `now`, whose data is a {now}, and `interaction`, whose data is a {interaction}; each with an id to resume by."
    )));
    let stream = Response::builder()
        .description("Server-sent events, until the client goes or ten minutes are over.")
        .content("text/event-stream", Content::new(Some(Schema::from(text))));
    let operation = Operation::builder()
        .operation_id(Some("live"))
        .summary(Some("Who is there now, and each interaction as it is stored."))
        .response("200", stream.build());
    let mut operation = with_refusals(operation, "/v1/reports/live", shared);
    operation.parameters = Some(parameters::of_live());
    operation
}

fn receipt(shared: &mut Components) -> Operation {
    let content = Content::new(Some(Ref::from_schema_name(reports::put::<Receipt>(shared))));
    let found = Response::builder().description("What became of it.").content("application/json", content);
    let operation = Operation::builder()
        .operation_id(Some("receipt"))
        .summary(Some("What became of an envelope: stored, dropped by a rule, or in quarantine and why."))
        .parameters(Some([parameters::envelope_id()]))
        .response("200", found.build());
    with_refusals(operation, "/v1/receipts/{envelope_id}", shared)
}

fn this_document() -> Operation {
    let document = Response::builder()
        .description("This document.")
        .content("application/json", Content::new(Some(Schema::from(Object::new()))));
    Operation::builder().operation_id(Some("openapi")).response("200", document.build()).build()
}

/// What anybody may read.
fn public(id: &str, summary: &str, content_type: &str) -> Operation {
    let text = Schema::from(Object::builder().schema_type(Type::String));
    let response = Response::builder().description(summary).content(content_type, Content::new(Some(text)));
    Operation::builder()
        .operation_id(Some(id))
        .summary(Some(summary))
        .response("200", response.build())
        .build()
}

/// Adds what a route refuses with, a status each, and who may ask.
fn with_refusals(mut operation: OperationBuilder, path: &str, shared: &mut Components) -> Operation {
    let mut of_route: Vec<&Refusal> = REFUSALS.iter().filter(|refusal| refusal.is_of(path)).collect();
    of_route.sort_by_key(|refusal| refusal.status);
    for of_status in of_route.chunk_by(|one, next| one.status == next.status) {
        let codes: Vec<String> = of_status.iter().map(|refusal| format!("`{}`", refusal.code)).collect();
        let name = of_status.iter().map(|refusal| refusal.code).collect::<Vec<_>>().join("_or_");
        let mut response = Response::builder()
            .description(codes.join(", "))
            .content("application/json", Content::new(Some(Ref::from_schema_name(<ErrorBody<'_>>::name()))));
        let status = of_status.first().map_or(0, |refusal| refusal.status);
        if matches!(status, 429 | 503) {
            response = response.header("Retry-After", retry_after());
        }
        operation = operation.response(status.to_string(), Ref::from_response_name(&name));
        shared.responses.insert(name, RefOr::T(response.build()));
    }
    operation = operation.security(SecurityRequirement::new(KEY, <[&str; 0]>::default()));
    if OPEN_TO_SHARES.contains(&path) {
        operation = operation.security(SecurityRequirement::new(SHARE, <[&str; 0]>::default()));
    }
    operation.build()
}

/// The code of an error, as one of all there are.
pub(super) fn code() -> Schema {
    let mut codes: Vec<&str> = REFUSALS.iter().map(|refusal| refusal.code).collect();
    codes.sort_unstable();
    codes.dedup();
    Object::builder().schema_type(Type::String).enum_values(Some(codes)).into()
}

fn retry_after() -> Header {
    let seconds = Object::builder().schema_type(Type::Integer).minimum(Some(1_f64));
    Header::builder()
        .schema(Some(Schema::from(seconds)))
        .description(Some("Seconds to wait before the same is asked again."))
        .build()
}

#[cfg(test)]
mod tests;
