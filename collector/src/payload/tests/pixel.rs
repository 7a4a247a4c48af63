//! A pixel's query.

use shared::event::URL_BYTES_MAX;

use super::*;

const ID: &str = "01938d5e-7c00-7000-8000-000000000001";

/// The page and the referrer that a query stands for.
fn page(query: &str, referer: Option<&str>) -> (String, Option<String>) {
    let payload = from_query(query, referer).unwrap();
    match &payload.events[..] {
        [Event { age_ms: 0, kind: EventKind::Impression { url, referrer } }] => {
            (url.clone(), referrer.clone())
        }
        events => panic!("no single impression: {events:?}"),
    }
}

fn refused(query: &str, referer: Option<&str>) -> (&'static str, String) {
    refusal(from_query(query, referer))
}

#[test]
fn a_pixel_is_one_impression_of_nobody() {
    let payload =
        from_query("project_id=booking-bot&url=https%3A%2F%2Fe.com%2F%3Fa%3D1%26b%3D2", None).unwrap();

    assert_eq!(payload.project_id.as_str(), "booking-bot");
    assert_eq!((payload.envelope_id, payload.visitor_id, payload.session_id), (None, None, None));
    assert_eq!(payload.stated, None);
    assert_eq!(
        page("project_id=a&url=https%3A%2F%2Fe.com%2F%3Fa%3D1%26b%3D2", None),
        ("https://e.com/?a=1&b=2".to_owned(), None)
    );
}

#[test]
fn a_pixel_may_name_envelope_visitor_and_session() {
    let query = format!("project_id=a&url=https://e.com/&envelope_id={ID}&visitor_id={ID}&session_id={ID}");
    let payload = from_query(&query, None).unwrap();
    assert_eq!(payload.envelope_id.unwrap().to_string(), ID);
    assert_eq!(
        (payload.visitor_id.unwrap().to_string(), payload.session_id.unwrap().to_string()),
        (ID.to_owned(), ID.to_owned())
    );
    assert_eq!(
        refused("project_id=a&url=https://e.com/&visitor_id=me", None),
        ("bad_uuid", "visitor_id".to_owned())
    );
    let old = "project_id=a&url=https://e.com/&envelope_id=6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
    assert_eq!(refused(old, None), ("bad_envelope_id", "envelope_id".to_owned()));
}

#[test]
fn where_no_page_is_named_it_is_what_the_browser_says() {
    assert_eq!(page("project_id=a", Some("https://e.com/x")).0, "https://e.com/x");
    assert_eq!(page("project_id=a&url=", Some("https://e.com/x")).0, "https://e.com/x");
    assert_eq!(page("project_id=a&url=https://e.com/y", Some("https://e.com/x")).0, "https://e.com/y");
    for referer in [None, Some(""), Some("/x"), Some("nothing")] {
        assert_eq!(refused("project_id=a", referer), ("missing_field", "url".to_owned()), "{referer:?}");
    }
}

#[test]
fn the_browsers_word_is_scrubbed_cleaned_and_cut() {
    assert_eq!(
        page("project_id=a", Some("https://bob:pw@e.com/?token=x#y")).0,
        "https://e.com/?token=redacted"
    );
    assert_eq!(page("project_id=a", Some("https://e.com/\0")).0, "https://e.com/\u{fffd}");
    let long = format!("https://e.com/a?{}", "x".repeat(URL_BYTES_MAX));
    assert_eq!(page("project_id=a", Some(&long)).0, "https://e.com/a");
}

#[test]
fn a_pixels_addresses_are_scrubbed_and_bounded() {
    assert_eq!(
        page("project_id=a&url=https://e.com/%23x&referrer=https://e.com/%3Fpin%3D1", None),
        ("https://e.com/".to_owned(), Some("https://e.com/?pin=redacted".to_owned()))
    );
    let long = format!("project_id=a&url=https://{}", "x".repeat(URL_BYTES_MAX));
    assert_eq!(refused(&long, None), ("text_too_long", "url".to_owned()));
    assert_eq!(refused("project_id=a&url=/prices", None), ("bad_url", "url".to_owned()));
}

#[test]
fn a_query_is_decoded_as_forms_are() {
    assert_eq!(page("pro%6Aect_id=a&url=https://e.com/a+b%20c%2Bd%zz%", None).0, "https://e.com/a b c+d%zz%");
    assert_eq!(page("project_id=a&url=https://e.com/%E2%82%AC", None).0, "https://e.com/€");
}

#[test]
fn p01_p04_a_nul_in_a_query_is_replaced_and_what_is_no_utf8_refused() {
    assert_eq!(page("project_id=a&url=https://e.com/%00", None).0, "https://e.com/\u{fffd}");
    assert_eq!(refused("project_id=a&url=https://e.com/%ff", None), ("not_utf8", "url".to_owned()));
    assert_eq!(
        refused("project_id=a%ed%a0%80&url=https://e.com/", None),
        ("not_utf8", "project_id".to_owned())
    );
}

#[test]
fn what_a_pixel_does_not_know_it_ignores() {
    let query = "&&=&cache=%ff&project_id=a&url=https://e.com/&client_address=203.0.113.7&rnd";
    assert_eq!(page(query, None).0, "https://e.com/");
}

#[test]
fn what_is_given_twice_is_refused() {
    assert_eq!(
        refused("project_id=a&project_id=b&url=https://e.com/", None),
        ("bad_field", "project_id".to_owned())
    );
}

#[test]
fn a_query_is_read_up_to_its_limit() {
    let query = |bytes: usize| {
        let query = "project_id=a&url=https://e.com/&x=";
        format!("{query}{}", "x".repeat(bytes - query.len()))
    };
    assert!(from_query(&query(QUERY_BYTES_MAX), None).is_ok());
    assert_eq!(refused(&query(QUERY_BYTES_MAX + 1), None), ("text_too_long", "query".to_owned()));
}

#[test]
fn a_pixel_needs_a_project() {
    assert_eq!(refused("url=https://e.com/", None), ("missing_field", "project_id".to_owned()));
    assert_eq!(
        refused("url=https://e.com/&project_id=A%20B", None),
        ("bad_project_id", "project_id".to_owned())
    );
}
