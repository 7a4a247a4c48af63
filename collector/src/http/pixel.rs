//! `GET /v1/pixel.gif`: an impression from a page that runs no script.

use actix_web::http::header::{self, CacheControl, CacheDirective};
use actix_web::{HttpRequest, HttpResponse, web};

use shared::clock;

use super::error::CollectError;
use super::intake::{self, Accepted};
use super::{Collector, head, only};
use crate::payload;

/// One transparent pixel.
const GIF: &[u8] =
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\
                     \x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;";

/// Takes one impression; the picture comes when the queue has it safe.
pub(crate) async fn pixel(
    request: HttpRequest,
    collector: web::Data<Collector>,
) -> Result<HttpResponse, CollectError> {
    let taken = take(&request, &collector).await;
    taken.inspect_err(|refusal| collector.metrics.refused(refusal.code()))?;
    // A picture from a cache would be an impression that nobody counts.
    let no_store = CacheControl(vec![CacheDirective::NoStore]);
    Ok(HttpResponse::Ok().insert_header(no_store).content_type("image/gif").body(GIF))
}

async fn take(request: &HttpRequest, collector: &Collector) -> Result<Accepted, CollectError> {
    only("GET", request)?;
    let query = request.query_string();
    let admitted = intake::admit(request, collector, query.len())?;
    let referer = head::text(request, header::REFERER);
    let payload = payload::from_query(query, referer)?;
    // A page's pictures are asked for without its Origin; its Referer begins with it.
    let origin = head::text(request, header::ORIGIN).or_else(|| referer.map(origin_of));
    let prepared = intake::prepare(request, origin, collector, admitted, payload, clock::now())?;
    intake::publish(collector, prepared).await
}

/// Scheme, host and port of a URL.
fn origin_of(url: &str) -> &str {
    let host_at = url.find("://").map_or(0, |at| at + 3);
    let end = url[host_at..].find(['/', '?', '#']).map_or(url.len(), |at| host_at + at);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use super::origin_of;

    #[test]
    fn an_origin_ends_where_the_path_begins() {
        assert_eq!(origin_of("https://example.com:8443/a/b?c"), "https://example.com:8443");
        assert_eq!(origin_of("https://example.com"), "https://example.com");
        assert_eq!(origin_of("https://example.com?q=/x"), "https://example.com");
        assert_eq!(origin_of("nonsense"), "nonsense");
    }
}
