//! Why a request was refused: a stable code, the field's path, and what to change.

use std::fmt;

/// Why a request was refused. Sending it again unchanged is useless.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RejectReason {
    /// It is no JSON.
    #[error("the body is not JSON in UTF-8: {problem}")]
    NotJson {
        /// What the parser met, and where.
        problem: String,
    },
    /// It can be read, and a field in it is not as it should be.
    #[error("{field} {problem}")]
    BadField {
        /// Where, as `events[3].url`.
        field: String,
        /// What to change. It never repeats a value: that may be a secret, or somebody's address.
        problem: String,
        /// Which mistake it is.
        mistake: Mistake,
    },
}

impl RejectReason {
    /// The stable name that clients and metrics go by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotJson { .. } => "not_json",
            Self::BadField { mistake, .. } => mistake.as_str(),
        }
    }

    pub(super) fn field(field: impl ToString, mistake: Mistake, problem: impl ToString) -> Self {
        Self::BadField { field: field.to_string(), problem: problem.to_string(), mistake }
    }

    pub(super) fn missing(field: impl ToString) -> Self {
        Self::field(field, Mistake::MissingField, "is missing")
    }
}

/// What can be wrong with a field. The names are part of the API: `docs/errors.md` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// A field that must be there is not.
    MissingField,
    /// A field of another type, of no known name, or given twice.
    BadField,
    /// No UUID.
    BadUuid,
    /// A UUID of another version than 7.
    BadEnvelopeId,
    /// No project id by its form.
    BadProjectId,
    /// No event, or more than an envelope may hold.
    BadEventCount,
    /// Neither an impression nor a known interaction.
    UnknownType,
    /// A field that belongs to the other kind of event.
    FieldOfOtherType,
    /// No full URL.
    BadUrl,
    /// Longer than its limit.
    TextTooLong,
    /// Bytes that are no UTF-8 once decoded.
    NotUtf8,
    /// Older than seven days.
    EventTooOld,
    /// Nested too deep.
    DataTooDeep,
    /// Too many bytes once serialised.
    DataTooLarge,
    /// Too many keys in all.
    TooManyKeys,
    /// A key longer than its limit.
    KeyTooLong,
    /// A number that is too far from zero.
    NumberTooLarge,
    /// A number that is too close to zero.
    NumberTooSmall,
    /// No IP address.
    BadAddress,
    /// No time, or one too far from now.
    BadTime,
    /// A field that only a sender with the project's secret key may set.
    KeyRequired,
}

impl Mistake {
    /// Every mistake.
    pub const ALL: [Self; 21] = [
        Self::MissingField,
        Self::BadField,
        Self::BadUuid,
        Self::BadEnvelopeId,
        Self::BadProjectId,
        Self::BadEventCount,
        Self::UnknownType,
        Self::FieldOfOtherType,
        Self::BadUrl,
        Self::TextTooLong,
        Self::NotUtf8,
        Self::EventTooOld,
        Self::DataTooDeep,
        Self::DataTooLarge,
        Self::TooManyKeys,
        Self::KeyTooLong,
        Self::NumberTooLarge,
        Self::NumberTooSmall,
        Self::BadAddress,
        Self::BadTime,
        Self::KeyRequired,
    ];

    /// The name in answers, in metrics and in the documentation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingField => "missing_field",
            Self::BadField => "bad_field",
            Self::BadUuid => "bad_uuid",
            Self::BadEnvelopeId => "bad_envelope_id",
            Self::BadProjectId => "bad_project_id",
            Self::BadEventCount => "bad_event_count",
            Self::UnknownType => "unknown_type",
            Self::FieldOfOtherType => "field_of_other_type",
            Self::BadUrl => "bad_url",
            Self::TextTooLong => "text_too_long",
            Self::NotUtf8 => "not_utf8",
            Self::EventTooOld => "event_too_old",
            Self::DataTooDeep => "data_too_deep",
            Self::DataTooLarge => "data_too_large",
            Self::TooManyKeys => "too_many_keys",
            Self::KeyTooLong => "key_too_long",
            Self::NumberTooLarge => "number_too_large",
            Self::NumberTooSmall => "number_too_small",
            Self::BadAddress => "bad_address",
            Self::BadTime => "bad_time",
            Self::KeyRequired => "key_required",
        }
    }
}

/// Where a field stands; written out only when something is wrong with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    event: Option<usize>,
    name: &'static str,
}

impl Field {
    /// A field of the envelope, or of a query.
    pub(super) fn top(name: &'static str) -> Self {
        Self { event: None, name }
    }

    /// A field of the event at `place`, counted from 0.
    pub(super) fn of_event(place: usize, name: &'static str) -> Self {
        Self { event: Some(place), name }
    }

    /// Another field of the same event or envelope.
    pub(super) fn beside(self, name: &'static str) -> Self {
        Self { name, ..self }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.event {
            Some(place) => write!(f, "events[{place}].{}", self.name),
            None => f.write_str(self.name),
        }
    }
}
