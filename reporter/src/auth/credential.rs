//! What a request brings to be let in: a key in its header, or a share link's token in its header or address.

use actix_web::HttpRequest;
use actix_web::http::header;
use shared::secret_key::{READER_PREFIX, SHARE_PREFIX, SecretKey};

use crate::query::parameters;

/// The parameter that holds a share link's token: a link, and a browser's `EventSource`, can send no header.
pub(crate) const SHARE_PARAMETER: &str = "share";

/// The two kinds of what opens reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A reader's key.
    Key,
    /// A share link.
    Share,
}

/// Who claims to ask: nothing secret, and nothing proven.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Holder {
    /// Of which kind the credential is.
    pub(super) kind: Kind,
    /// Its public half.
    pub(super) id: String,
}

/// A key or a share's token, of the right form and not yet compared with anything.
pub(crate) struct Credential {
    holder: Holder,
    secret: SecretKey,
}

impl Credential {
    /// What `request` brings, where it brings exactly one: a key is never taken from an address, which ends up in logs.
    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
        let mut headers = request.headers().get_all(header::AUTHORIZATION);
        let mut shares = shares(request);
        let header = headers.next();
        match (header, shares.pop()) {
            // Two of them may be of two minds.
            (Some(_), Some(_)) => None,
            (None, None) => None,
            (Some(_), None) if headers.next().is_some() => None,
            (None, Some(_)) if !shares.is_empty() => None,
            (None, Some(token)) => Self::new(Kind::Share, SecretKey::parse(&token, SHARE_PREFIX)?),
            (header, None) => match SecretKey::from_header(header, READER_PREFIX) {
                Some(secret) => Self::new(Kind::Key, secret),
                None => Self::new(Kind::Share, SecretKey::from_header(header, SHARE_PREFIX)?),
            },
        }
    }

    fn new(kind: Kind, secret: SecretKey) -> Option<Self> {
        Some(Self { holder: Holder { kind, id: secret.key_id().to_owned() }, secret })
    }

    /// Who claims to ask.
    pub(crate) fn holder(&self) -> &Holder {
        &self.holder
    }

    /// Whether the secret half has this SHA-256, in a time that does not tell how nearly.
    pub(super) fn matches(&self, secret_sha256: &[u8]) -> bool {
        self.secret.matches(secret_sha256)
    }
}

/// The values of [`SHARE_PARAMETER`].
fn shares(request: &HttpRequest) -> Vec<String> {
    let pairs = parameters(request.query_string()).unwrap_or_default();
    pairs.into_iter().filter(|(name, _)| name == SHARE_PARAMETER).map(|(_, token)| token).collect()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const SECRET: &str = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";

    fn brought(headers: &[&str], query: &str) -> Option<Kind> {
        let mut request = TestRequest::with_uri(&format!("/v1/reports/overview{query}"));
        for header in headers {
            request = request.append_header(("authorization", *header));
        }
        Credential::of(&request.to_http_request()).map(|credential| credential.holder().kind)
    }

    #[test]
    fn a_key_comes_in_the_header_and_a_share_in_either() {
        let (key, share) = (format!("ffk_0123456789ab_{SECRET}"), format!("ffs_0123456789ab_{SECRET}"));
        assert_eq!(brought(&[&format!("Bearer {key}")], "?tz=UTC"), Some(Kind::Key));
        assert_eq!(brought(&[&format!("bearer {share}")], ""), Some(Kind::Share));
        assert_eq!(brought(&[], &format!("?tz=UTC&share={share}")), Some(Kind::Share));
        assert_eq!(brought(&[], &format!("?sh%61re={}", share.replace('_', "%5f"))), Some(Kind::Share));
        assert_eq!(brought(&[], &format!("?share={key}")), None, "keys do not belong in addresses");
    }

    #[test]
    fn who_brings_two_brings_none() {
        let share = format!("ffs_0123456789ab_{SECRET}");
        let header = format!("Bearer {share}");
        assert_eq!(brought(&[&header], &format!("?share={share}")), None);
        assert_eq!(brought(&[&header, &header], ""), None);
        assert_eq!(brought(&[], &format!("?share={share}&share={share}")), None);
        assert_eq!(brought(&[], "?share=%ff"), None);
    }
}
