//! Origins: what a browser says of the page that sends, and what a project's list may hold.
//!
//! Both are `scheme://host[:port]` and nothing behind it, as the Fetch standard serialises an origin: names of other
//! alphabets in their ASCII form (`xn--…`). Case does not count; a port that is its scheme's own is as good as none.

/// What an entry starts its host with where it stands for every subdomain.
const ANY_SUBDOMAIN: &str = "*.";

/// An origin, borrowed from the text that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin<'a> {
    scheme: &'a str,
    host: &'a str,
    /// `None` for the scheme's own.
    port: Option<u16>,
}

impl<'a> Origin<'a> {
    /// Reads an `Origin` header; `None` for `null` and for what is no origin.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let (host, port) = split_port(authority)?;
        let origin = Self { scheme, host, port: port.filter(|port| own_port(scheme) != Some(*port)) };
        (is_scheme(scheme) && is_host(host)).then_some(origin)
    }
}

/// An entry of a project's list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AllowedOrigin {
    scheme: String,
    /// A host, or what every host must end in.
    host: String,
    port: Option<u16>,
    /// Whether `host` is such an ending; `example.com` itself is no subdomain of itself.
    any_subdomain: bool,
}

impl AllowedOrigin {
    /// Reads an entry, as `https://example.com` or `https://*.example.com`; `None` where no origin could ever match it.
    pub(super) fn parse(entry: &str) -> Option<Self> {
        let (scheme, rest) = entry.split_once("://")?;
        let any_subdomain = rest.starts_with(ANY_SUBDOMAIN);
        let without_wildcard = format!("{scheme}://{}", rest.strip_prefix(ANY_SUBDOMAIN).unwrap_or(rest));
        let Origin { scheme, host, port } = Origin::parse(&without_wildcard)?;
        // An address has no subdomains.
        if any_subdomain && host.starts_with('[') {
            return None;
        }
        let host = if any_subdomain { format!(".{host}") } else { host.to_owned() };
        Some(Self { scheme: scheme.to_owned(), host, port, any_subdomain })
    }

    /// Whether the entry stands for `origin`.
    pub(super) fn matches(&self, origin: &Origin<'_>) -> bool {
        let host_matches = if self.any_subdomain {
            ends_with_ignore_case(origin.host, &self.host)
        } else {
            origin.host.eq_ignore_ascii_case(&self.host)
        };
        host_matches && origin.port == self.port && origin.scheme.eq_ignore_ascii_case(&self.scheme)
    }
}

/// Whether `host` ends in `ending`. One that starts with a dot leaves a label before it: no label of a host is empty.
fn ends_with_ignore_case(host: &str, ending: &str) -> bool {
    let start = host.len().checked_sub(ending.len());
    start.and_then(|start| host.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
}

/// Host and port; the colons of an IPv6 address stand in brackets.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let port_at = match authority.rfind(']') {
        Some(bracket) => authority[bracket..].find(':').map(|colon| bracket + colon),
        None => authority.find(':'),
    };
    let Some(port_at) = port_at else { return Some((authority, None)) };
    let (host, port) = (&authority[..port_at], &authority[port_at + 1..]);
    let is_number = port.bytes().all(|digit| digit.is_ascii_digit());
    Some((host, Some(port.parse().ok().filter(|_| is_number)?)))
}

fn own_port(scheme: &str) -> Option<u16> {
    match () {
        () if scheme.eq_ignore_ascii_case("https") => Some(443),
        () if scheme.eq_ignore_ascii_case("http") => Some(80),
        () => None,
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Labels of letters, digits, `-` and `_`, none empty; or an IPv6 address in brackets.
fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[') {
        return address
            .strip_suffix(']')
            .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
    }
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(entry: &str, origin: &str) -> bool {
        let allowed = AllowedOrigin::parse(entry).expect(entry);
        Origin::parse(origin).is_some_and(|origin| allowed.matches(&origin))
    }

    #[test]
    fn scheme_host_and_port_must_be_equal() {
        for (entry, origin, expected) in [
            ("https://example.com", "https://example.com", true),
            ("https://Example.COM", "HTTPS://eXample.com", true),
            ("https://example.com", "http://example.com", false),
            ("https://example.com", "https://www.example.com", false),
            ("https://example.com", "https://example.com.evil.net", false),
            ("https://example.com", "https://example.com:443", true),
            ("https://example.com:443", "https://example.com", true),
            ("http://example.com:80", "http://example.com", true),
            ("https://example.com:8443", "https://example.com:8443", true),
            ("https://example.com:8443", "https://example.com", false),
            ("https://example.com", "https://example.com:80", false),
            ("http://localhost:3000", "http://localhost:3000", true),
            ("http://[::1]:3000", "http://[::1]:3000", true),
            ("http://[::1]:3000", "http://[::1]:3001", false),
            ("capacitor://localhost", "capacitor://localhost", true),
        ] {
            assert_eq!(matches(entry, origin), expected, "{entry} and {origin}");
        }
    }

    #[test]
    fn a_wildcard_stands_for_any_subdomain_and_for_nothing_else() {
        for (origin, expected) in [
            ("https://shop.example.com", true),
            ("https://a.b.EXAMPLE.com", true),
            ("https://example.com", false),
            ("https://.example.com", false),
            ("https://evil-example.com", false),
            ("https://shop.example.com.evil.net", false),
            ("http://shop.example.com", false),
            ("https://shop.example.com:8443", false),
            ("https://evil.net/.example.com", false),
            ("https://evil.net?.example.com", false),
            ("https://evil.net#.example.com", false),
            ("https://evil.net@.example.com", false),
        ] {
            assert_eq!(matches("https://*.example.com", origin), expected, "{origin}");
        }
        assert!(matches("https://*.example.com:8443", "https://shop.example.com:8443"));
    }

    #[test]
    fn what_no_browser_would_send_is_no_origin_and_no_entry() {
        for text in [
            "",
            "null",
            "*",
            "example.com",
            "//example.com",
            "https://",
            "https:///",
            "https://example.com/",
            "https://example.com/page",
            "https://user@example.com",
            "https://example.com:",
            "https://example.com:65536",
            "https://example.com:+80",
            "https://example.com:80:80",
            "https://example..com",
            "https://exam ple.com",
            "https://bücher.example",
            "https://[::1",
            "https://[::1]x",
            "https://[nonsense]",
            "1https://example.com",
            "https://shop.*.example.com",
            "https://*",
        ] {
            assert_eq!(Origin::parse(text), None, "{text:?}");
            assert_eq!(AllowedOrigin::parse(text), None, "{text:?}");
        }
        for entry in ["https://*.", "https://**.example.com", "https://*.[::1]", "https://*.*.example.com"] {
            assert_eq!(AllowedOrigin::parse(entry), None, "{entry:?}");
        }
    }
}
