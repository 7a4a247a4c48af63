//! The public routes, what they share, and what every answer carries.

mod answer;
mod answers;
mod csv;
mod desk;
mod docs;
mod entry;
mod error;
mod format;
mod live;
mod openapi;
mod receipts;
mod reports;

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::{DefaultHeaders, Next};
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, HttpResponse, Resource, Route};

pub(crate) use self::answers::Answers;
pub(crate) use self::desk::{Desk, Shared};
use crate::http::error::ApiError;
use crate::metrics::Metrics;

/// The route in metrics of a request that no route took.
const UNMATCHED_ROUTE: &str = "unmatched";

/// The public routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(get_only("/v1/reports/overview", web::get().to(reports::overview)))
        .service(get_only("/v1/reports/interactions", web::get().to(reports::interactions)))
        .service(get_only("/v1/reports/impressions", web::get().to(reports::impressions)))
        .service(get_only("/v1/reports/top-widgets", web::get().to(reports::top_widgets)))
        .service(get_only("/v1/reports/impressions-by-widget", web::get().to(reports::impressions_by_widget)))
        .service(get_only(
            "/v1/reports/impressions-by-location",
            web::get().to(reports::impressions_by_location),
        ))
        .service(get_only("/v1/reports/dropped", web::get().to(reports::dropped)))
        .service(get_only("/v1/reports/breakdown", web::get().to(reports::breakdown)))
        .service(get_only("/v1/reports/visitors", web::get().to(reports::visitors)))
        .service(get_only("/v1/reports/funnel", web::get().to(reports::funnel)))
        .service(get_only("/v1/reports/questions", web::get().to(reports::questions)))
        .service(get_only("/v1/reports/contact-labels", web::get().to(reports::contact_labels)))
        .service(get_only("/v1/reports/live", web::get().to(live::live)))
        .service(get_only("/v1/receipts/{envelope_id}", web::get().to(receipts::receipt)))
        .service(get_only("/openapi.json", web::get().to(openapi::openapi)))
        .service(get_only("/docs", web::get().to(openapi::page)))
        .service(get_only("/docs/style.css", web::get().to(openapi::style)))
        .default_service(web::to(|| async { Err::<HttpResponse, _>(ApiError::NoSuchRoute) }));
}

fn get_only(path: &str, get: Route) -> Resource {
    web::resource(path)
        .route(get)
        .default_service(web::to(|| async { Err::<HttpResponse, _>(ApiError::MethodNotAllowed) }))
}

/// Nothing may be kept, save what an answer says of itself, nor be taken for another type than it says.
pub(crate) fn default_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::CACHE_CONTROL, "private, no-store"))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // A share link's token stands in the address.
        .add((header::REFERRER_POLICY, "no-referrer"))
}

/// Counts and times each request under its route's pattern.
pub(crate) async fn measure(
    metrics: web::Data<Metrics>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let response = next.call(request).await?;
    let route = response.request().match_pattern();
    metrics.answered(
        route.as_deref().unwrap_or(UNMATCHED_ROUTE),
        response.status().as_u16(),
        started.elapsed(),
    );
    Ok(response)
}
