//! The two identifiers that cross service borders, parsed once and correct ever after.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest project id, in bytes: it leads an index key of every event, so it stays short.
pub const PROJECT_ID_BYTES_MAX: usize = 64;

/// Which widget an event belongs to, as its author writes it in the script tag.
///
/// 1 to [`PROJECT_ID_BYTES_MAX`] characters of `a-z`, `0-9`, `-` and `_`. A project id is public and no credential.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProjectId(String);

impl ProjectId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no project id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {PROJECT_ID_BYTES_MAX} characters of a-z, 0-9, '-' and '_'")]
pub struct InvalidProjectId;

impl FromStr for ProjectId {
    type Err = InvalidProjectId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for ProjectId {
    type Error = InvalidProjectId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        let fits = (1..=PROJECT_ID_BYTES_MAX).contains(&text.len());
        if fits && text.bytes().all(allowed) { Ok(Self(text)) } else { Err(InvalidProjectId) }
    }
}

impl From<ProjectId> for String {
    fn from(id: ProjectId) -> Self {
        id.0
    }
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The retry key of one HTTP request: a `UUIDv7`, minted by the client or else by the collector.
///
/// Version 7 is demanded because the ledger sorts and prunes by the time in the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Uuid", into = "Uuid")]
pub struct EnvelopeId(Uuid);

impl EnvelopeId {
    /// A new id with the present time in it.
    pub fn mint() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id as a plain UUID, for the database and the broker.
    pub fn as_uuid(self) -> Uuid {
        self.0
    }
}

/// Why a UUID is no envelope id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a UUID of version 7")]
pub struct InvalidEnvelopeId;

impl TryFrom<Uuid> for EnvelopeId {
    type Error = InvalidEnvelopeId;

    fn try_from(id: Uuid) -> Result<Self, Self::Error> {
        if id.get_version_num() == 7 { Ok(Self(id)) } else { Err(InvalidEnvelopeId) }
    }
}

impl From<EnvelopeId> for Uuid {
    fn from(id: EnvelopeId) -> Self {
        id.0
    }
}

impl fmt::Display for EnvelopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_id_is_accepted_at_its_longest_and_refused_one_past_it() {
        assert!("a".repeat(PROJECT_ID_BYTES_MAX).parse::<ProjectId>().is_ok());
        assert!("a".repeat(PROJECT_ID_BYTES_MAX + 1).parse::<ProjectId>().is_err());
        assert!("".parse::<ProjectId>().is_err());
    }

    #[test]
    fn a_project_id_takes_no_upper_case_no_space_and_no_control_character() {
        for text in ["Booking", "booking bot", "booking\0", "booking\n", "bücher"] {
            assert_eq!(text.parse::<ProjectId>(), Err(InvalidProjectId), "{text:?}");
        }
        assert!("booking-bot_2".parse::<ProjectId>().is_ok());
    }

    #[test]
    fn an_envelope_id_is_version_7_and_no_other() {
        assert!(EnvelopeId::try_from(Uuid::now_v7()).is_ok());
        assert_eq!(EnvelopeId::try_from(Uuid::nil()), Err(InvalidEnvelopeId));
        assert_eq!(
            EnvelopeId::try_from(Uuid::from_u128(0x1234_5678_9abc_4def_8000_0000_0000_0000)),
            Err(InvalidEnvelopeId)
        );
    }
}
