//! A finished answer: its bytes, its tag, how fresh it is; and the 200 or 304 made of it.

use std::fmt::Write as _;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header::{self, EntityTag, Header as _, IfNoneMatch};
use actix_web::web::Bytes;
use sha2::{Digest as _, Sha256};

use crate::db::DatabaseError;
use crate::fresh::Fresh;
use crate::http::csv;
use crate::reports::Report;

/// The header that tells up to when an answer is complete.
const COMPLETE_UNTIL: &str = "Footfall-Complete-Until";
/// The header that tells how many messages wait.
const WAITING_MESSAGES: &str = "Footfall-Waiting-Messages";
/// Kept by the one who asked alone, and asked for again each time: whether it is still true costs a 304.
const KEPT_BY_THE_ASKER: &str = "private, no-cache";
/// How much of the report's hash makes its tag, in bytes.
const TAG_BYTES: usize = 16;

/// An answer, ready to be sent as often as it is asked for.
pub(super) struct Answer {
    content_type: &'static str,
    /// What it is saved as, where it is for saving.
    file_name: Option<String>,
    body: Bytes,
    /// Of the report alone, not of how fresh it is: what did not change is not sent again.
    tag: String,
    fresh: Fresh,
}

impl Answer {
    /// `report` as JSON, with `fresh` as its last field.
    ///
    /// # Errors
    /// [`DatabaseError::Fault`] where the report is no JSON object: our fault.
    pub(super) fn json(report: &impl Report, fresh: Fresh) -> Result<Self, DatabaseError> {
        let mut body = serde_json::to_vec(report).map_err(DatabaseError::unexpected)?;
        let tag = tag(&body);
        if body.pop_if(|last| *last == b'}').is_some() {
            body.extend_from_slice(b",\"fresh\":");
            serde_json::to_writer(&mut body, &fresh).map_err(DatabaseError::unexpected)?;
            body.push(b'}');
        }
        Ok(Self { content_type: "application/json", file_name: None, tag, body: body.into(), fresh })
    }

    /// `report` as a table, named `file_name` where it is saved.
    ///
    /// # Errors
    /// [`DatabaseError::Fault`] where a row has not as many cells as there are columns: our fault.
    pub(super) fn csv(report: &impl Report, fresh: Fresh, file_name: String) -> Result<Self, DatabaseError> {
        let body = csv::written(report).map_err(DatabaseError::unexpected)?;
        let (content_type, tag) = (csv::CONTENT_TYPE, tag(&body));
        Ok(Self { content_type, file_name: Some(file_name), tag, body: body.into(), fresh })
    }

    /// The body's length, in bytes.
    pub(super) fn len(&self) -> usize {
        self.body.len()
    }

    /// The answer to `request`: all of it, or 304 where the asker has the same report already.
    pub(super) fn respond(&self, request: &HttpRequest) -> HttpResponse {
        // Weak, because two answers of one tag may differ in how fresh they are.
        let tag = EntityTag::new_weak(self.tag.clone());
        let known = known(request, &tag);
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header((header::ETAG, tag.to_string()))
            .insert_header((header::CACHE_CONTROL, KEPT_BY_THE_ASKER))
            .insert_header((header::VARY, header::AUTHORIZATION.as_str()));
        if let Some(until) = self.fresh.complete_until() {
            response.insert_header((COMPLETE_UNTIL, until));
        }
        if let Some(waiting) = self.fresh.waiting_messages() {
            response.insert_header((WAITING_MESSAGES, waiting));
        }
        if known {
            return response.finish();
        }
        if let Some(name) = &self.file_name {
            response.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
        }
        response.content_type(self.content_type).body(self.body.clone())
    }
}

/// Whether `request` says that the asker has the representation of this tag.
fn known(request: &HttpRequest, tag: &EntityTag) -> bool {
    if !request.headers().contains_key(header::IF_NONE_MATCH) {
        return false;
    }
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|theirs| theirs.weak_eq(tag)),
        // Whoever can't be understood gets everything.
        Err(_) => false,
    }
}

fn tag(report: &[u8]) -> String {
    let mut tag = String::with_capacity(2 * TAG_BYTES);
    for byte in Sha256::digest(report).iter().take(TAG_BYTES) {
        let _infallible = write!(tag, "{byte:02x}");
    }
    tag
}
