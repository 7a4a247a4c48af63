//! The body as a client sends it, and what to say of one that has another form.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::reject::{Mistake, RejectReason};
use super::schema;

/// Longest piece of a body's own words in an answer, in bytes: the path of a field that we do not know.
const PATH_BYTES_MAX: usize = 100;

/// An envelope as a client sends it. Every field is optional here, so that a missing one can be named.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = Envelope, description = "One project's events, 1 to 100: taken as a whole or not at all.")]
pub(crate) struct EnvelopePayload {
    #[schema(schema_with = schema::envelope_id)]
    pub(super) envelope_id: Option<String>,
    #[schema(required, schema_with = schema::project_id)]
    pub(super) project_id: Option<String>,
    #[schema(required, schema_with = schema::visitor_id)]
    pub(super) visitor_id: Option<String>,
    #[schema(required, schema_with = schema::session_id)]
    pub(super) session_id: Option<String>,
    #[schema(schema_with = schema::client_address)]
    pub(super) client_address: Option<String>,
    #[schema(schema_with = schema::user_agent)]
    pub(super) user_agent: Option<String>,
    #[schema(schema_with = schema::sent_at)]
    pub(super) sent_at: Option<String>,
    #[schema(schema_with = schema::webdriver)]
    pub(super) webdriver: Option<bool>,
    #[schema(required, schema_with = schema::events)]
    pub(super) events: Option<Vec<EventPayload>>,
}

/// An event as a client sends it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct EventPayload {
    pub(super) r#type: Option<String>,
    pub(super) url: Option<String>,
    pub(super) referrer: Option<String>,
    pub(super) label: Option<String>,
    pub(super) data: Option<Map<String, Value>>,
    pub(super) age_ms: Option<u64>,
}

/// The body's form, nothing more.
pub(super) fn read(body: &[u8]) -> Result<EnvelopePayload, RejectReason> {
    serde_json::from_slice(body).map_err(|_slow_path| explain(body))
}

/// Reads the body again, slowly, to tell where it is wrong.
fn explain(body: &[u8]) -> RejectReason {
    let mut json = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, EnvelopePayload>(&mut json) {
        Err(error) if error.inner().is_data() => {
            let mut path = error.path().to_string();
            path.truncate(path.floor_char_boundary(PATH_BYTES_MAX));
            let field = if path == "." { "body".to_owned() } else { path };
            let problem = without_value(&error.inner().to_string());
            RejectReason::field(field, Mistake::BadField, format_args!("is not as it should be: {problem}"))
        }
        Err(error) => RejectReason::NotJson { problem: error.into_inner().to_string() },
        // The payload was whole; something stands behind it.
        Ok(_payload) => RejectReason::NotJson { problem: "something follows the envelope".to_owned() },
    }
}

/// What serde expected and what it met there, without the value itself: `invalid type: string "…", expected u64`.
fn without_value(problem: &str) -> String {
    match problem.rsplit_once(", expected ") {
        Some((met, expected)) => {
            let met = met.split(['`', '"']).next().unwrap_or_default().trim_end();
            format!("{met}, expected {expected}")
        }
        // `duplicate field`, with the name of one of ours.
        None => problem.to_owned(),
    }
}
