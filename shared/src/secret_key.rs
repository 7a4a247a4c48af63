//! The form of a secret key: how one is made, what its holder sends, what is kept of it, and how the two are compared.

use std::fmt::Write as _;

use actix_web::http::header::HeaderValue;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What every reader's key starts with, so that a leaked one is found by scanners.
pub const READER_PREFIX: &str = "ffk_";
/// What every key starts with by which a project's own servers send. None is taken for the other.
pub const INGEST_PREFIX: &str = "ffi_";
/// What every share link's token starts with, which opens the reports of some projects to whoever has the link.
pub const SHARE_PREFIX: &str = "ffs_";
/// Length of a key's public half, in bytes; twice as many hex digits.
const KEY_ID_BYTES: usize = 6;
/// Length of a key's public half, in hex digits.
const KEY_ID_DIGITS: usize = 2 * KEY_ID_BYTES;
/// Length of a key's secret half, in bytes; twice as many hex digits.
const SECRET_BYTES: usize = 32;

/// A key as a client presents it: a prefix, 12 hex digits that name it, `_`, 64 hex digits of secret.
///
/// Only the secret's hash is kept, and nothing of it can be printed.
pub struct SecretKey {
    key_id: String,
    secret_sha256: [u8; 32],
}

impl SecretKey {
    /// The key in an `Authorization: Bearer …` header, if there is one of the right form that starts with `prefix`.
    pub fn from_header(header: Option<&HeaderValue>, prefix: &str) -> Option<Self> {
        let (scheme, token) = header?.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(())?;
        Self::parse(token.trim(), prefix)
    }

    /// The key that `token` is, if it has the right form and starts with `prefix`.
    pub fn parse(token: &str, prefix: &str) -> Option<Self> {
        let (key_id, secret) = token.strip_prefix(prefix)?.split_once('_')?;
        is_key_id(key_id).then_some(())?;
        let secret_sha256 = Sha256::digest(secret_bytes(secret)?).into();
        Some(Self { key_id: key_id.to_owned(), secret_sha256 })
    }

    /// The public half, by which the key is looked up.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Whether the secret half has this SHA-256, in a time that does not tell how nearly.
    pub fn matches(&self, secret_sha256: &[u8]) -> bool {
        self.secret_sha256.as_slice().ct_eq(secret_sha256).into()
    }
}

/// A key with its secret, as only its maker and its holder have it: shown once, kept by nobody else.
///
/// Has no `Debug`, so that it gets into no log.
pub struct MintedKey {
    prefix: &'static str,
    key_id: String,
    secret: [u8; SECRET_BYTES],
}

impl MintedKey {
    /// A new key of the kind that `prefix` stands for, from the operating system's random bytes: 256 bits of secret.
    ///
    /// # Errors
    /// When the operating system has none.
    pub fn mint(prefix: &'static str) -> Result<Self, getrandom::Error> {
        let (mut key_id, mut secret) = ([0; KEY_ID_BYTES], [0; SECRET_BYTES]);
        getrandom::fill(&mut key_id)?;
        getrandom::fill(&mut secret)?;
        Ok(Self { prefix, key_id: hex(&key_id), secret })
    }

    /// The key that `text` is, if it is one of the kind that `prefix` stands for.
    pub fn parse(text: &str, prefix: &'static str) -> Option<Self> {
        let (key_id, secret) = text.strip_prefix(prefix)?.split_once('_')?;
        is_key_id(key_id).then_some(())?;
        Some(Self { prefix, key_id: key_id.to_owned(), secret: secret_bytes(secret)? })
    }

    /// The key as its holder sends it.
    pub fn text(&self) -> String {
        format!("{}{}_{}", self.prefix, self.key_id, hex(&self.secret))
    }

    /// The public half, by which the key is looked up and revoked.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// What is kept of the secret half.
    pub fn secret_sha256(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }
}

/// Whether `text` can be the public half of a key.
pub fn is_key_id(text: &str) -> bool {
    text.len() == KEY_ID_DIGITS && text.bytes().all(|digit| hex_digit(digit).is_some())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
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

    fn presented(header: &str) -> Option<SecretKey> {
        SecretKey::from_header(Some(&HeaderValue::from_str(header).unwrap()), READER_PREFIX)
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
        assert!(SecretKey::from_header(None, READER_PREFIX).is_none());
    }

    #[test]
    fn a_key_of_one_kind_is_not_taken_for_the_other() {
        let secret = "0f".repeat(32);
        for (prefix, other) in [(READER_PREFIX, INGEST_PREFIX), (INGEST_PREFIX, READER_PREFIX)] {
            let header = HeaderValue::from_str(&format!("Bearer {prefix}0123456789ab_{secret}")).unwrap();
            assert!(SecretKey::from_header(Some(&header), prefix).is_some());
            assert!(SecretKey::from_header(Some(&header), other).is_none());
        }
    }

    #[test]
    fn only_the_whole_hash_matches() {
        let key = presented(&format!("Bearer ffk_0123456789ab_{}", "0f".repeat(32))).unwrap();
        let mut hash = Sha256::digest([0x0f; 32]).to_vec();
        assert!(key.matches(&hash));
        assert!(!key.matches(&hash[..31]));
        hash[31] ^= 1;
        assert!(!key.matches(&hash));
    }

    #[test]
    fn a_minted_key_is_taken_as_its_text_and_by_its_hash() {
        for prefix in [READER_PREFIX, INGEST_PREFIX] {
            let minted = MintedKey::mint(prefix).unwrap();
            let header = HeaderValue::from_str(&format!("Bearer {}", minted.text())).unwrap();
            let presented = SecretKey::from_header(Some(&header), prefix).unwrap();
            assert_eq!(presented.key_id(), minted.key_id());
            assert!(presented.matches(&minted.secret_sha256()));
            let parsed = MintedKey::parse(&minted.text(), prefix).unwrap();
            assert_eq!((parsed.text(), parsed.secret_sha256()), (minted.text(), minted.secret_sha256()));
        }
    }

    #[test]
    fn no_two_minted_keys_share_a_half() {
        let (one, other) = (MintedKey::mint(READER_PREFIX).unwrap(), MintedKey::mint(READER_PREFIX).unwrap());
        assert_ne!(one.key_id(), other.key_id());
        assert_ne!(one.secret_sha256(), other.secret_sha256());
    }

    #[test]
    fn a_text_that_is_no_key_is_none() {
        for text in ["", "ffk_0123456789ab_", "ffk_01_fefe", "ffk_0123456789ab_zz", "0123456789ab"] {
            assert!(MintedKey::parse(text, READER_PREFIX).is_none(), "{text:?}");
        }
    }
}
