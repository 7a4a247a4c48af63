//! The public routes and what they share.

mod error;
mod events;

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::HttpResponse;
use actix_web::http::{Method, header};
use actix_web::web::{self, ServiceConfig};
use ipnet::IpNet;

use crate::http::error::CollectError;
use crate::metrics::Metrics;
use crate::publisher::Publisher;

/// How long a browser may remember the answer to a preflight, in seconds.
const PREFLIGHT_MAX_AGE_S: usize = 86_400;

/// What every request handler works with.
pub(crate) struct Collector {
    pub(crate) publisher: Publisher,
    pub(crate) metrics: Metrics,
    pub(crate) trusted_proxies: Arc<[IpNet]>,
}

/// The public routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/v1/events")
                .route(web::post().to(events::collect))
                .default_service(web::to(async || Err::<HttpResponse, _>(CollectError::MethodNotAllowed))),
        )
        .default_service(web::to(async || Err::<HttpResponse, _>(CollectError::NoSuchRoute)));
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
