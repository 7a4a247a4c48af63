//! What a field may hold, for the `OpenAPI` document: the limits that the parser enforces, from the same constants.
//!
//! JSON Schema counts characters where the limits count bytes, and knows no depth; the descriptions say so.

use shared::event::{
    AGE_MS_MAX, DATA_BYTES_MAX, DATA_DEPTH_MAX, DATA_KEY_BYTES_MAX, DATA_KEYS_MAX, DATA_TEXT_BYTES_MAX,
    EVENTS_PER_ENVELOPE_MAX, InteractionType, LABEL_BYTES_MAX, NUMBER_MAX, NUMBER_MIN, URL_BYTES_MAX,
    USER_AGENT_BYTES_MAX,
};
use shared::ids::PROJECT_ID_BYTES_MAX;
use utoipa::openapi::schema::{AdditionalProperties, Array, Object, ObjectBuilder, OneOf, Schema, Type};
use utoipa::openapi::{KnownFormat, Ref, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

use super::body::EventPayload;
use super::event::IMPRESSION;

fn text(description: impl Into<String>) -> ObjectBuilder {
    Object::builder().schema_type(Type::String).description(Some(description))
}

fn format(name: &str) -> Option<SchemaFormat> {
    Some(SchemaFormat::Custom(name.to_owned()))
}

/// A `UUIDv7`.
pub(super) fn envelope_id() -> Schema {
    let description = "The retry key, a UUID of version 7. Sent again with the same events it counts once; without it \
                       a retry can't be told from a new envelope.";
    let pattern = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$";
    text(description).format(format("uuid")).pattern(Some(pattern)).into()
}

/// A project's id.
pub(super) fn project_id() -> Schema {
    let pattern = format!("^[a-z0-9_-]{{1,{PROJECT_ID_BYTES_MAX}}}$");
    text("Whose widget it was, as in its script tag.").pattern(Some(pattern)).into()
}

/// A browser's id.
pub(super) fn visitor_id() -> Schema {
    text("Cookie or local-storage id of the browser.").format(format("uuid")).into()
}

/// A browsing session's id.
pub(super) fn session_id() -> Schema {
    text("Browsing session, ended by 30 minutes of quiet.").format(format("uuid")).into()
}

/// A page's address.
pub(super) fn url() -> Schema {
    let description = format!(
        "Full address of the page, at most {URL_BYTES_MAX} bytes; secrets and personal data in it are redacted."
    );
    text(description).max_length(Some(URL_BYTES_MAX)).pattern(Some("^[A-Za-z][A-Za-z0-9+.-]*:")).into()
}

/// Where a visitor came from.
pub(super) fn referrer() -> Schema {
    let description =
        format!("Where the visitor came from, at most {URL_BYTES_MAX} bytes; redacted as the url is.");
    text(description).max_length(Some(URL_BYTES_MAX)).into()
}

/// A visitor's address, from a server.
pub(super) fn client_address() -> Schema {
    let description =
        "The visitor's IP address; with a secret key only. It is truncated to /24 or /48 as it is read.";
    let address = |name| Schema::from(Object::builder().schema_type(Type::String).format(format(name)));
    OneOf::builder().description(Some(description)).item(address("ipv4")).item(address("ipv6")).into()
}

/// A visitor's user agent, from a server.
pub(super) fn user_agent() -> Schema {
    let cut =
        format!("The visitor's user agent; with a secret key only. Cut at {USER_AGENT_BYTES_MAX} bytes.");
    text(cut).into()
}

/// When a server sent the envelope.
pub(super) fn sent_at() -> Schema {
    let description =
        "When it was sent (RFC 3339), at most 7 days back and 10 minutes ahead; with a secret key only.";
    text(description).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))).into()
}

/// Whether a program drives the browser.
pub(super) fn webdriver() -> Schema {
    let description = "What `navigator.webdriver` is in the page: whether a program drives the browser. Such events are \
                       dropped and counted, unless the project keeps them; false where it is left out.";
    Object::builder().schema_type(Type::Boolean).description(Some(description)).into()
}

/// The events of an envelope.
pub(super) fn events() -> Schema {
    Array::builder()
        .items(Ref::from_schema_name(EventPayload::name()))
        .min_items(Some(1))
        .max_items(Some(EVENTS_PER_ENVELOPE_MAX))
        .into()
}

fn age_ms() -> Schema {
    Object::builder()
        .schema_type(Type::Integer)
        .minimum(Some(0_f64))
        .maximum(Some(to_f64(AGE_MS_MAX)))
        .description(Some(
            "How long before it was sent it happened, in milliseconds; 0 where it is left out.",
        ))
        .into()
}

/// No limit is anywhere near where a double loses whole numbers.
#[expect(clippy::cast_precision_loss, reason = "a limit of 7 days in milliseconds is exact")]
fn to_f64(limit: u64) -> f64 {
    limit as f64
}

fn label() -> Schema {
    text(format!("Which button, link or form it was, at most {LABEL_BYTES_MAX} bytes."))
        .max_length(Some(LABEL_BYTES_MAX))
        .into()
}

fn data() -> Schema {
    let description = format!(
        "Anything else worth keeping: at most {DATA_BYTES_MAX} bytes serialised, {DATA_DEPTH_MAX} levels deep, \
         {DATA_KEYS_MAX} keys in all; texts of at most {DATA_TEXT_BYTES_MAX} bytes; numbers within ±{NUMBER_MAX:e}, \
         zero or at least {NUMBER_MIN:e} from it."
    );
    let key = Object::builder().schema_type(Type::String).max_length(Some(DATA_KEY_BYTES_MAX));
    Object::builder()
        .description(Some(description))
        .max_properties(Some(DATA_KEYS_MAX))
        .property_names(Some(Schema::from(key)))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .into()
}

fn kind(names: &[&str]) -> Schema {
    Object::builder().schema_type(Type::String).enum_values(Some(names.iter().copied())).into()
}

/// One event: which fields it may have depends on what it is.
impl PartialSchema for EventPayload {
    fn schema() -> RefOr<Schema> {
        let event = || {
            let closed = Some(AdditionalProperties::FreeForm(false));
            Object::builder().required("type").property("age_ms", age_ms()).additional_properties(closed)
        };
        let impression = event()
            .title(Some("Impression"))
            .description(Some("The widget was loaded on a page."))
            .property("type", kind(&[IMPRESSION]))
            .required("url")
            .property("url", url())
            .property("referrer", referrer());
        let interaction = event()
            .title(Some("Interaction"))
            .description(Some("The visitor did something in the widget."))
            .property("type", kind(&InteractionType::ALL.map(InteractionType::as_str)))
            .property("label", label())
            .property("data", data());
        OneOf::builder().item(Schema::from(impression)).item(Schema::from(interaction)).into()
    }
}

impl ToSchema for EventPayload {
    fn name() -> std::borrow::Cow<'static, str> {
        "Event".into()
    }
}
