//! What is taken out of an address, what stays, and what holds for any text.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::secret::{SECRET_NAMES, secret_words};
use super::*;

/// Each address, and what is left of it.
fn assert_scrubbed(cases: &[(&str, &str)]) {
    for (url, scrubbed) in cases {
        assert_eq!(scrub(url), *scrubbed, "{url}");
    }
}

/// Each of these is kept as it is, and not even copied.
fn assert_kept(cases: &[&str]) {
    for url in cases {
        assert!(matches!(scrub(url), Cow::Borrowed(kept) if kept == *url), "{url} became {}", scrub(url));
    }
}

#[test]
fn an_address_with_nothing_to_hide_is_kept_and_not_copied() {
    assert_kept(&[
        "https://example.com/",
        "https://example.com:8443/a/b;v=1/c.html?page=2&q=open+on+sunday&empty=&flag",
        "https://example.com/?utm_source=news&utm_medium=mail&utm_campaign=2026_Spring&utm_id=7",
        "https://例え.jp/%E6%96%99%E9%87%91?q=50%25",
        "https://example.com/2024_United_States_presidential_election_in_California",
        "https://example.com/6f9619ff-8b86-4d01-b42d-00cf4fc964ff?page=6F9619FF-8B86-4D01-B42D-00CF4FC964FF",
        "https://medium.example/@bob.example/post?map=@48.85,2.35,15z",
        "https://example.com/package@1.2.3",
        "https://example.com/?token=&author=bob&keyword=pin&postcode=1",
        "android-app://com.example.app/",
        "//example.com/x",
        "/prices?page=2",
        "no address at all",
        "",
    ]);
}

#[test]
fn user_info_is_taken_out() {
    assert_scrubbed(&[
        ("https://bob:s3cret@example.com/x", "https://example.com/x"),
        ("https://bob@example.com", "https://example.com"),
        ("https://bob:p@ss@example.com:80?a=1", "https://example.com:80?a=1"),
        ("https://bob:p\\ss@example.com/", "https://example.com/"),
        ("//bob:s3cret@example.com/x", "//example.com/x"),
        ("https:///bob:s3cret@localhost/x", "https:///redacted/x"),
        ("https://bob%40example.com/", "https://redacted/"),
    ]);
}

#[test]
fn a_fragment_is_dropped() {
    assert_scrubbed(&[
        ("https://example.com/x#access_token=abc", "https://example.com/x"),
        ("https://example.com#", "https://example.com"),
        ("https://example.com/?a=1#/prices?b=2", "https://example.com/?a=1"),
    ]);
}

#[test]
fn what_is_content_or_a_file_and_no_address_is_reduced_to_its_scheme() {
    assert_scrubbed(&[
        ("data:text/html,<p>Dear Bob", "data:"),
        ("javascript:alert(1)", "javascript:"),
        ("JavaScript://e.com/%0aalert(1)", "JavaScript:"),
        ("https:/e.com/bob@e.com", "https:"),
        ("blob:https://example.com/6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "blob:"),
        ("mailto:bob@example.com", "mailto:"),
        ("about:srcdoc", "about:"),
        ("FILE:///home/bob/page.html", "FILE:"),
    ]);
}

#[test]
fn the_value_of_a_name_that_announces_a_secret_is_redacted() {
    for name in [
        "token",
        "access_token",
        "ID-Token",
        "refresh.token",
        "csrfToken",
        "auth",
        "Key",
        "api_key",
        "client_secret",
        "new_password",
        "passwd",
        "pwd",
        "pass",
        "code",
        "state",
        "sessionId",
        "PHPSESSID",
        "sid",
        "jwt",
        "sig",
        "X-Amz-Signature",
        "otp",
        "pin",
        "email",
        "e-mail",
        "user[email]",
        "mail",
        "phone",
        "tel",
        "name",
        "first_name",
        "ssn",
        "card",
        "gclid",
        "fbclid",
        "msclkid",
        "%74oken",
        "%2574oken",
        "%25%37%34oken",
        "to\tken",
        &"n".repeat(65),
    ] {
        let url = format!("https://example.com/?a=1&{name}=x1&b=2");
        assert_eq!(scrub(&url), format!("https://example.com/?a=1&{name}=redacted&b=2"));
    }
    assert_scrubbed(&[
        (
            "https://e.com/x;jsessionid=1A?a=1;token=2",
            "https://e.com/x;jsessionid=redacted?a=1;token=redacted",
        ),
        ("/x?token=a=b", "/x?token=redacted"),
    ]);
}

#[test]
fn a_value_that_holds_a_secret_pair_or_an_address_with_one_is_redacted() {
    assert_scrubbed(&[
        ("https://e.com/?next=/login?token=1", "https://e.com/?next=redacted"),
        ("https://e.com/?next=https%3A%2F%2Fe.com%2F%3Ftoken%3D1", "https://e.com/?next=redacted"),
        ("https://e.com/?next=a%253Ftoken%253D1", "https://e.com/?next=redacted"),
        ("https://e.com/?next=https%3A%2F%2Fbob%40localhost", "https://e.com/?next=redacted"),
        ("https://e.com/?f=%7B%22token%22%3A%22x%22%7D", "https://e.com/?f=redacted"),
        ("https://e.com/?token%3Dx", "https://e.com/?redacted"),
        ("https://e.com/?x=%2525252574", "https://e.com/?x=redacted"),
    ]);
}

#[test]
fn an_email_address_is_redacted_wherever_it_stands() {
    for email in
        ["bob@example.com", "bob%40example.com", "Bob+tag%2540example.co.uk", "bö@exämple.de", "a@b.co"]
    {
        let url = format!("https://e.com/{email}/x?q={email}&{email}=1&w=an+{email}.");
        assert_eq!(scrub(&url), "https://e.com/redacted/x?q=redacted&redacted=1&w=redacted", "{email}");
    }
    assert_scrubbed(&[("bob@example.com", "redacted")]);
}

#[test]
fn a_token_is_redacted_by_its_look() {
    let random = "aB3-5fGh1JkLmN0pQrStUvWxYz_aB3d5fGh1JkLmN";
    for token in [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "eyJhbGciOiJub25l",
        "0123456789abcdefABCDEF9876543210",
        &random[..40],
        "aB3%2F5fGh1JkLmN0pQrStUvWxYz%2BaB3d5fGh1JkLmN",
    ] {
        for (before, after) in
            [("https://e.com/", "/x"), ("https://e.com/?a=", "&b=1"), ("https://e.com/?a=x.", "")]
        {
            let tail = if before.ends_with('.') { "https://e.com/?a=".len() } else { before.len() };
            let scrubbed = format!("{}redacted{after}", &before[..tail]);
            assert_eq!(scrub(&format!("{before}{token}{after}")), scrubbed, "{token}");
        }
    }
}

#[test]
fn what_is_one_short_of_a_token_is_kept() {
    assert_kept(&[
        "https://e.com/0123456789abcdefabcdef987654321",
        "https://e.com/eyJhbGciOiJub25",
        "https://e.com/aB3-5fGh1JkLmN0pQrStUvWxYz_aB3d5fGh1JkL",
        "https://e.com/MoneyJarFactoryShops",
    ]);
}

#[test]
fn what_grows_past_the_limit_is_cut_at_a_whole_part() {
    let url = format!("https://e.com/?{}", "pin=1&".repeat(338));
    assert!(url.len() <= URL_BYTES_MAX);
    let scrubbed = scrub(&url);

    assert!((URL_BYTES_MAX - "&pin=redacted".len()..=URL_BYTES_MAX).contains(&scrubbed.len()));
    assert!(scrubbed.ends_with("&pin=redacted"));
    assert_eq!(scrub(&format!("https://e.com/{}?a=1", "x".repeat(URL_BYTES_MAX))), "https://e.com");
    assert_eq!(scrub(&format!("https://{}", "x".repeat(URL_BYTES_MAX))), "");
}

/// The names that a paragraph of the page on privacy lists, after its opening.
fn documented(opening: &str) -> BTreeSet<&str> {
    let page = include_str!("../../../docs/privacy.md");
    let (_, listed) = page.split_once(opening).unwrap();
    let (listed, _) = listed.split_once("\n\n").unwrap();
    listed.trim_end_matches('.').split(',').map(str::trim).collect()
}

#[test]
fn the_page_on_privacy_lists_the_names() {
    assert_eq!(documented("if they are one of these:"), SECRET_NAMES.into_iter().collect());
    let words = (0..=u8::MAX).flat_map(secret_words).copied();
    assert_eq!(documented("if it has one of these in it:"), words.collect());
}

/// Text that resembles an address more than chance would have it.
fn addresses() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "https:",
        "//",
        "/",
        "?",
        "#",
        "&",
        ";",
        "=",
        "@",
        ":",
        ".",
        "%",
        "%40",
        "%25",
        "%3D",
        "token",
        "pin",
        "e.com",
        "bob@e.com",
        "eyJhbGciOiJub25lIn0",
        "0123456789abcdef0123456789abcdef",
        "redacted",
        "\\",
        "é",
        "\u{0}",
        "a",
    ]);
    let pieces = prop_oneof![8 => pieces.prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn scrubbing_twice_is_scrubbing_once(url in addresses()) {
        let once = scrub(&url).into_owned();
        prop_assert_eq!(scrub(&once), once.as_str());
    }

    #[test]
    fn an_address_keeps_its_scheme_and_gets_none_it_had_not(url in addresses()) {
        let scheme = |url: &str| scheme_length(url).map(|length| url[..length].to_owned());
        prop_assert_eq!(scheme(&scrub(&url)), scheme(&url));
    }

    #[test]
    fn no_secret_is_left_whatever_stands_around_it(before in addresses(), after in addresses()) {
        const SECRET: &str = "s3cret";
        for planted in [
            format!("https://e.com/?{before}&token={SECRET}&{after}"),
            format!("https://e.com/{before}/{SECRET}@e.com/{after}"),
            format!("https://bob:{SECRET}@e.com/{before}"),
            format!("https://e.com/{before}#{SECRET}"),
        ] {
            prop_assert!(!scrub(&planted).contains(SECRET), "{}", planted);
        }
    }
}
