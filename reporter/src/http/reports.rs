//! `GET /v1/reports/…`: a handler a report.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::http::Desk;
use crate::query::Limit;
use crate::reports;

/// The whole dashboard.
pub(super) async fn overview(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Limit::Refused, reports::overview).await
}

/// The interactions over time.
pub(super) async fn interactions(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Limit::Refused, reports::interactions).await
}

/// The impressions over time.
pub(super) async fn impressions(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Limit::Refused, reports::impressions).await
}

/// The widgets with the most interactions.
pub(super) async fn top_widgets(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Limit::Taken, reports::top_widgets).await
}

/// The widgets by impressions.
pub(super) async fn impressions_by_widget(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Limit::Refused, reports::impressions_by_widget).await
}

/// The places by impressions.
pub(super) async fn impressions_by_location(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Limit::Refused, reports::impressions_by_location).await
}

/// What rules dropped.
pub(super) async fn dropped(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Limit::Refused, reports::dropped).await
}
