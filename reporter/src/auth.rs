//! Who asks, and what they may see: every report takes a [`ProjectScope`], and only this file makes one.

use std::collections::HashSet;

use actix_web::http::header::HeaderValue;
use sha2::{Digest, Sha256};
use shared::ids::ProjectId;
use subtle::ConstantTimeEq;

use crate::db::{DatabaseError, Snapshot};

/// What every key starts with, so that a leaked one is found by scanners.
const KEY_PREFIX: &str = "ffk_";
/// Length of a key's public half, in hex digits.
const KEY_ID_DIGITS: usize = 12;
/// Length of a key's secret half, in bytes; twice as many hex digits.
const SECRET_BYTES: usize = 32;

/// A key as a client presents it: `ffk_`, 12 hex digits that name it, `_`, 64 hex digits of secret.
///
/// Only the secret's hash is kept, and nothing of it can be printed.
pub(crate) struct ApiKey {
    key_id: String,
    secret_sha256: [u8; 32],
}

impl ApiKey {
    /// The key in an `Authorization: Bearer …` header, if there is one of the right form.
    pub(crate) fn from_header(header: Option<&HeaderValue>) -> Option<Self> {
        let (scheme, token) = header?.to_str().ok()?.split_once(' ')?;
        let (key_id, secret) = token.trim().strip_prefix(KEY_PREFIX)?.split_once('_')?;
        let well_formed = scheme.eq_ignore_ascii_case("bearer")
            && key_id.len() == KEY_ID_DIGITS
            && key_id.bytes().all(|digit| hex_digit(digit).is_some());
        if !well_formed {
            return None;
        }
        let secret_sha256 = Sha256::digest(secret_bytes(secret)?).into();
        Some(Self { key_id: key_id.to_owned(), secret_sha256 })
    }
}

/// Why there is no scope.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthError {
    /// No such key, another secret, or revoked: the client must not learn which.
    #[error("the key is not valid")]
    Unauthorized,
    /// A project was named that does not exist or is not the key's: the client must not learn which.
    #[error("a project is unknown to this key")]
    UnknownProject,
    /// The question could not be put to the database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// The projects that a question may touch.
///
/// Made by [`ProjectScope::of`] alone, and only ever narrowed.
pub(crate) struct ProjectScope(Visible);

enum Visible {
    All,
    Listed(Vec<String>),
}

impl ProjectScope {
    /// What `key` may see.
    ///
    /// # Errors
    /// [`AuthError::Unauthorized`], the same for every reason, or the database's.
    pub(crate) async fn of(key: &ApiKey, snapshot: &Snapshot<'_>) -> Result<Self, AuthError> {
        let rows = snapshot.rows(include_str!("auth/api_key.sql"), &[&key.key_id]).await?;
        let Some(row) = rows.first() else {
            return Err(AuthError::Unauthorized);
        };
        let expected: &[u8] = row.try_get("secret_sha256").map_err(DatabaseError::from)?;
        if !bool::from(key.secret_sha256.as_slice().ct_eq(expected)) {
            return Err(AuthError::Unauthorized);
        }
        if row.try_get("all_projects").map_err(DatabaseError::from)? {
            return Ok(Self(Visible::All));
        }
        Ok(Self(Visible::Listed(row.try_get("project_ids").map_err(DatabaseError::from)?)))
    }

    /// The part of this scope that a client chose; all of it where it chose none.
    ///
    /// # Errors
    /// [`AuthError::UnknownProject`] where one of `chosen` is not in the scope or does not exist.
    pub(crate) async fn narrowed(
        self,
        chosen: &[ProjectId],
        snapshot: &Snapshot<'_>,
    ) -> Result<Self, AuthError> {
        if chosen.is_empty() {
            return Ok(self);
        }
        let ids: Vec<String> = chosen.iter().map(ToString::to_string).collect();
        // Asked for listed projects too, though they are known to exist: else the time taken would tell them apart.
        let rows = snapshot.rows(include_str!("auth/existing_projects.sql"), &[&ids]).await?;
        let existing =
            rows.iter().map(|row| row.try_get("project_id")).collect::<Result<HashSet<String>, _>>();
        let existing = existing.map_err(DatabaseError::from)?;
        let seen = |id: &String| match &self.0 {
            Visible::All => true,
            Visible::Listed(listed) => listed.contains(id),
        };
        if ids.iter().all(|id| existing.contains(id) && seen(id)) {
            Ok(Self(Visible::Listed(ids)))
        } else {
            Err(AuthError::UnknownProject)
        }
    }

    /// The scope as a statement's parameter: a list of ids, or null for every project.
    pub(crate) fn project_ids(&self) -> Option<&[String]> {
        match &self.0 {
            Visible::All => None,
            Visible::Listed(ids) => Some(ids),
        }
    }
}

fn secret_bytes(digits: &str) -> Option<[u8; SECRET_BYTES]> {
    let mut secret = [0; SECRET_BYTES];
    if digits.len() != 2 * SECRET_BYTES {
        return None;
    }
    for (byte, pair) in secret.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = hex_digit(*high)? << 4 | hex_digit(*low)?;
    }
    Some(secret)
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presented(header: &str) -> Option<ApiKey> {
        ApiKey::from_header(Some(&HeaderValue::from_str(header).unwrap()))
    }

    #[test]
    fn a_key_is_read_from_its_header_and_its_secret_hashed_as_bytes() {
        let key = presented(&format!("Bearer ffk_0123456789ab_{}", "0f".repeat(32))).unwrap();
        assert_eq!(key.key_id, "0123456789ab");
        assert_eq!(key.secret_sha256, <[u8; 32]>::from(Sha256::digest([0x0f; 32])));
    }

    #[test]
    fn what_is_not_exactly_a_key_is_none() {
        let secret = "0f".repeat(32);
        for header in [
            format!("Basic ffk_0123456789ab_{secret}"),
            format!("Bearer ffk_0123456789ab_{secret}0"),
            format!("Bearer ffk_0123456789ab_+{}", &secret[1..]),
            format!("Bearer ffk_0123456789AB_{secret}"),
            format!("Bearer ffk_0123456789a_{secret}"),
            format!("Bearer 0123456789ab_{secret}"),
            "Bearer".to_owned(),
            String::new(),
        ] {
            assert!(presented(&header).is_none(), "{header}");
        }
        assert!(ApiKey::from_header(None).is_none());
    }
}
