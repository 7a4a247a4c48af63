//! What strangers write behind the question mark, decoded.

use actix_web::web::Query;

use super::InvalidQuery;

/// The query string's pairs, decoded, in their order.
///
/// # Errors
/// [`InvalidQuery`] where they are not to be decoded.
pub(crate) fn parameters(query_string: &str) -> Result<Vec<(String, String)>, InvalidQuery> {
    let pairs = Query::from_query(query_string).map(Query::into_inner);
    pairs.map_err(|_| InvalidQuery::new("query", "must be name=value pairs, joined by &"))
}
