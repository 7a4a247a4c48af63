//! `GET /openapi.json`: this API, for machines; made from the types that requests are read into.
//!
//! `openapi.json` in the crate's folder is what it answers; a test compares the two.

mod refusals;

use std::sync::LazyLock;

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse};
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, Parameter, Paths};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::{Object, Schema, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, Content, Header, Info, License, OpenApi, PathItem, Ref, RefOr, Required, Response,
};
use utoipa::{IntoParams, ToSchema};

use self::refusals::{REFUSALS, Refusal, Route};
use super::error::{CollectError, RefusalBody, RefusalDetail};
use super::intake::Accepted;
use super::only;
use crate::payload::{EnvelopePayload, EventPayload, PixelQuery};

/// The name of the way to authenticate.
const SECRET_KEY: &str = "secret_key";

/// The document as it is answered.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let text = document().to_pretty_json().unwrap_or_default();
    format!("{text}\n")
});

/// Answers the document.
pub(crate) async fn openapi(request: HttpRequest) -> Result<HttpResponse, CollectError> {
    only("GET", &request)?;
    Ok(HttpResponse::Ok().insert_header(ContentType::json()).body(DOCUMENT.as_str()))
}

fn document() -> OpenApi {
    let info = Info::builder()
        .title("Footfall collector")
        .version("1")
        .description(Some(
            "Takes impressions and interactions of widgets; a 202 means that they are safe in the queue.",
        ))
        .license(None::<License>);
    let paths = Paths::builder()
        .path("/v1/events", PathItem::new(HttpMethod::Post, events()))
        .path("/v1/pixel.gif", PathItem::new(HttpMethod::Get, pixel()))
        .path("/openapi.json", PathItem::new(HttpMethod::Get, this_document()));
    let key = Http::builder().scheme(HttpAuthScheme::Bearer).bearer_format("ffi_…").description(Some(
        "A project's secret key, for servers: it may state a visitor's address, user agent and time.",
    ));
    let components = Components::builder()
        .schema_from::<EnvelopePayload>()
        .schema_from::<EventPayload>()
        .schema_from::<Accepted>()
        .schema_from::<RefusalBody<'_>>()
        .schema_from::<RefusalDetail<'_>>()
        .security_scheme(SECRET_KEY, SecurityScheme::Http(key.build()));
    OpenApi::builder().info(info.build()).paths(paths).components(Some(components.build())).build()
}

fn events() -> Operation {
    let envelope = || Some(Ref::from_schema_name(EnvelopePayload::name()));
    // A page may send text without a preflight; it is the same JSON.
    let text = Object::builder().schema_type(Type::String).content_media_type("application/json");
    let text = text.content_schema(envelope());
    let body = RequestBody::builder()
        .required(Some(Required::True))
        .content("application/json", Content::new(envelope()))
        .content("text/plain", Content::new(Some(Schema::from(text))));
    let accepted = Response::builder()
        .description("The events are safe in the queue, or dropped by a rule of the project and counted.")
        .content("application/json", Content::new(Some(Ref::from_schema_name(Accepted::name()))));
    let operation = Operation::builder()
        .operation_id(Some("collect"))
        .summary(Some("Takes one envelope of events, as a whole or not at all."))
        .request_body(Some(body.build()))
        .response("202", accepted.build());
    with_refusals(operation, Route::Events).build()
}

fn pixel() -> Operation {
    let picture = Response::builder()
        .description(
            "One transparent pixel: the impression is safe in the queue, or dropped by a rule and counted.",
        )
        .content("image/gif", Content::new(Some(Schema::from(Object::builder().schema_type(Type::String)))));
    let operation = Operation::builder()
        .operation_id(Some("pixel"))
        .summary(Some("Counts one impression of a page that runs no script."))
        .parameters(Some(pixel_parameters()))
        .response("200", picture.build());
    with_refusals(operation, Route::Pixel).build()
}

/// The fields of the query. Every one is an `Option` there, so that a missing one can be named.
fn pixel_parameters() -> Vec<Parameter> {
    let mut parameters = PixelQuery::into_params(|| None);
    for parameter in parameters.iter_mut().filter(|parameter| parameter.name == "project_id") {
        parameter.required = Required::True;
    }
    parameters
}

fn this_document() -> Operation {
    let document = Response::builder()
        .description("This document.")
        .content("application/json", Content::new(Some(Schema::from(Object::new()))));
    Operation::builder().operation_id(Some("openapi")).response("200", document.build()).build()
}

/// Adds what a route refuses with, a status each, and the key that may come along.
fn with_refusals(mut operation: OperationBuilder, route: Route) -> OperationBuilder {
    let mut of_route: Vec<&Refusal> = REFUSALS.iter().filter(|refusal| refusal.is_of(route)).collect();
    of_route.sort_by_key(|refusal| refusal.status);
    for of_status in of_route.chunk_by(|one, next| one.status == next.status) {
        let codes: Vec<String> = of_status.iter().map(|refusal| format!("`{}`", refusal.code)).collect();
        let mut response = Response::builder()
            .description(codes.join(", "))
            .content("application/json", Content::new(Some(Ref::from_schema_name(RefusalBody::name()))));
        if of_status.iter().any(|refusal| refusal.is_worth_a_retry()) {
            response = response.header("Retry-After", retry_after());
        }
        let status = of_status.first().map_or(0, |refusal| refusal.status);
        operation = operation.response(status.to_string(), RefOr::T(response.build()));
    }
    operation
        .security(SecurityRequirement::default())
        .security(SecurityRequirement::new(SECRET_KEY, <[&str; 0]>::default()))
}

/// The code of a refusal, as one of all there are.
pub(super) fn code() -> Schema {
    let codes = REFUSALS.iter().map(|refusal| refusal.code);
    Object::builder().schema_type(Type::String).enum_values(Some(codes)).into()
}

fn retry_after() -> Header {
    let seconds = Object::builder().schema_type(Type::Integer).minimum(Some(1_f64));
    Header::builder()
        .schema(Some(Schema::from(seconds)))
        .description(Some("Seconds to wait before the same bytes are sent again."))
        .build()
}

#[cfg(test)]
mod tests;
