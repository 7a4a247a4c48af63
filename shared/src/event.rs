//! What a widget may say: an impression or an interaction, and the limits of each field.
//!
//! The collector enforces the limits when it parses a request; the writer takes a message's events as they are, so
//! that a bad one costs its own row (quarantine) and never its neighbours in the same message.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Most events in one envelope.
pub const EVENTS_PER_ENVELOPE_MAX: usize = 100;
/// Longest `url` and `referrer`, in bytes.
pub const URL_BYTES_MAX: usize = 2_048;
/// Longest `user_agent`, in bytes; what is past it is cut, since a client seldom chooses it.
pub const USER_AGENT_BYTES_MAX: usize = 512;
/// Longest `label`, in bytes: it becomes a rollup key, and an index key must stay far below 2,704 bytes.
pub const LABEL_BYTES_MAX: usize = 256;
/// Longest `data` once serialised, in bytes.
pub const DATA_BYTES_MAX: usize = 16_384;
/// Deepest nesting of `data`; Postgres parses JSON recursively.
pub const DATA_DEPTH_MAX: usize = 16;
/// Most keys in `data`, those of nested objects included.
pub const DATA_KEYS_MAX: usize = 64;
/// Longest key in `data`, in bytes.
pub const DATA_KEY_BYTES_MAX: usize = 64;
/// Longest text in `data`, in bytes: a form's message in any script.
pub const DATA_TEXT_BYTES_MAX: usize = 4_096;
/// Largest number in `data`, either sign; below it every integer is exact. `jsonb` prints 1e300 with 301 digits, so a
/// few bytes in would become many out.
pub const NUMBER_MAX: f64 = 1e15;
/// Number in `data` that is closest to zero, either sign, zero aside: `jsonb` prints 5e-324 with 324 digits.
pub const NUMBER_MIN: f64 = 1e-30;
/// Oldest event a client may report, in milliseconds before sending: seven days; the ledger remembers longer.
pub const AGE_MS_MAX: u64 = 7 * 24 * 60 * 60 * 1_000;

/// One thing that happened in a widget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// How long before the envelope was received it happened, in milliseconds.
    ///
    /// A client's clock is not believed, its stop-watch is. At most [`AGE_MS_MAX`] from a client; an operator's import
    /// may reach further back.
    pub age_ms: u64,
    /// What happened.
    pub kind: EventKind,
}

/// The two kinds of events, each with its own table.
///
/// Tagged from outside (`{"impression": {…}}`): serde then reads it in one pass, without buffering.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The widget was loaded on a page.
    Impression {
        /// The page's full address.
        url: String,
        /// Where the visitor came from, if the browser told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        referrer: Option<String>,
    },
    /// The visitor did something in the widget.
    Interaction {
        /// What the visitor did.
        interaction: InteractionType,
        /// Which button, link or form it was ("Booking Button").
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
        /// Anything else worth keeping: the question asked, a form's metadata. Always an object.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<Map<String, Value>>,
    },
}

/// The interactions a widget can report: the values of the database's enum `event_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InteractionType {
    /// The chat bubble was clicked.
    ClickBubble,
    /// The chat was opened.
    OpenChat,
    /// A question was asked.
    AskQuestion,
    /// A suggested question was clicked.
    ClickSuggestion,
    /// A form was submitted.
    SubmitForm,
    /// A contact link was clicked.
    ClickContact,
}

impl InteractionType {
    /// Every interaction, in the order of the database's enum.
    pub const ALL: [Self; 6] = [
        Self::ClickBubble,
        Self::OpenChat,
        Self::AskQuestion,
        Self::ClickSuggestion,
        Self::SubmitForm,
        Self::ClickContact,
    ];

    /// The name used in JSON, in the database and in the documentation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClickBubble => "click_bubble",
            Self::OpenChat => "open_chat",
            Self::AskQuestion => "ask_question",
            Self::ClickSuggestion => "click_suggestion",
            Self::SubmitForm => "submit_form",
            Self::ClickContact => "click_contact",
        }
    }
}

impl fmt::Display for InteractionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interaction_has_one_name_in_json_and_in_code() {
        for interaction in InteractionType::ALL {
            assert_eq!(serde_json::to_value(interaction).unwrap(), interaction.as_str());
        }
    }
}
