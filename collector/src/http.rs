//! The public routes and what they share.

mod error;
mod events;
mod head;
mod intake;
mod openapi;
mod pixel;

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::http::{Method, header};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use ipnet::IpNet;

use crate::http::error::CollectError;
use crate::metrics::Metrics;
use crate::projects::Projects;
use crate::publisher::Outbox;
use crate::rate::RateLimits;

/// How long a browser may remember the answer to a preflight, in seconds.
const PREFLIGHT_MAX_AGE_S: usize = 86_400;

/// What the request handlers of one worker work with, on its thread.
pub(crate) struct Collector {
    pub(crate) outbox: Outbox,
    pub(crate) metrics: Metrics,
    pub(crate) trusted_proxies: Arc<[IpNet]>,
    pub(crate) rates: Arc<RateLimits>,
    pub(crate) projects: Projects,
}

/// The public routes. Each takes every method and answers for the wrong ones itself: actix-web's method guards would
/// note each request's methods in a table of its own, cold again by the time it is freed.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/v1/events").to(events::collect))
        .service(web::resource("/v1/pixel.gif").to(pixel::pixel))
        .service(web::resource("/openapi.json").to(openapi::openapi))
        .default_service(web::to(async || Err::<HttpResponse, _>(CollectError::NoSuchRoute)));
}

/// Refuses a method that a path does not take.
fn only(allow: &'static str, request: &HttpRequest) -> Result<(), CollectError> {
    if request.method().as_str() == allow { Ok(()) } else { Err(CollectError::MethodNotAllowed { allow }) }
}

/// Any page may send, none with credentials; `Retry-After` is readable, or a page could not honour it.
pub(crate) fn cors() -> Cors {
    Cors::default()
        .allow_any_origin()
        .send_wildcard()
        .allowed_methods([Method::POST])
        .allowed_headers([header::CONTENT_TYPE])
        .expose_headers([header::RETRY_AFTER])
        .max_age(PREFLIGHT_MAX_AGE_S)
}
