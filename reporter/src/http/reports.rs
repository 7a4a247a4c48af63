//! `GET /v1/reports/…`: a handler a report.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::http::Desk;
use crate::query::Takes;
use crate::reports;

/// The whole dashboard.
pub(super) async fn overview(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Takes::NOTHING, reports::overview).await
}

/// The interactions over time.
pub(super) async fn interactions(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Takes::NOTHING, reports::interactions).await
}

/// The impressions over time.
pub(super) async fn impressions(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Takes::NOTHING, reports::impressions).await
}

/// The widgets with the most interactions.
pub(super) async fn top_widgets(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Takes::TOP_WIDGETS, reports::top_widgets).await
}

/// The widgets by impressions.
pub(super) async fn impressions_by_widget(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Takes::NOTHING, reports::impressions_by_widget).await
}

/// The places by impressions.
pub(super) async fn impressions_by_location(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Takes::LOCATION, reports::impressions_by_location).await
}

/// What rules dropped.
pub(super) async fn dropped(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Takes::NOTHING, reports::dropped).await
}

/// Events by a property of theirs.
pub(super) async fn breakdown(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Takes::BREAKDOWN, reports::breakdown).await
}

/// The visitors and their sessions.
pub(super) async fn visitors(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Takes::NOTHING, reports::visitors).await
}

/// How far sessions go.
pub(super) async fn funnel(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Takes::FUNNEL, reports::funnel).await
}

/// What visitors asked.
pub(super) async fn questions(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Takes::LIST, reports::questions).await
}

/// Which contacts visitors clicked.
pub(super) async fn contact_labels(request: HttpRequest, desk: Data<Desk>) -> HttpResponse {
    desk.report(&request, Takes::LIST, reports::contact_labels).await
}
