//! Any text as an address: scrubbed once and for all, within its limit, and no planted secret survives.

#![no_main]

use collector::payload::scrub;
use libfuzzer_sys::fuzz_target;
use shared::event::URL_BYTES_MAX;

/// What stands in every secret that is planted, and nowhere else.
const SECRET: &str = "S3cretQ7w";

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let once = scrub(&text);
    assert!(once.len() <= URL_BYTES_MAX);
    assert_eq!(scrub(&once), once, "scrubbing twice");
    if text.len() <= URL_BYTES_MAX {
        assert_eq!(scheme(&once), scheme(&text), "a scheme was lost or invented");
    }
    if text.contains(SECRET) {
        return;
    }
    let middle = text.floor_char_boundary(text.len() / 2);
    let (before, after) = text.split_at(middle);
    for planted in plant(before, after) {
        assert!(!scrub(&planted).contains(SECRET), "{planted}");
    }
});

/// A secret in each of the places that the rules are about, with hostile text around it.
fn plant(before: &str, after: &str) -> [String; 12] {
    let random = format!("{SECRET}abcdefghijklmnopqrstuvwxyzABCDE");
    [
        format!("https://e.com/{before}?{before}&token={SECRET}&{after}"),
        format!("https://e.com/?{before}&to%256Ben={SECRET}&{after}"),
        format!("https://e.com/{before}/{SECRET}@e.com/{after}"),
        format!("https://e.com/{before}?q=x%20{SECRET}%2540e.com&{after}"),
        format!("https://bob:{SECRET}@e.com/{before}{after}"),
        format!("//{SECRET}@e.com/{before}{after}"),
        format!("https://e.com/{before}#{SECRET}{after}"),
        format!("https://e.com/{before}/eyJhbGciOiJub25lIn0.e{SECRET}.x/{after}"),
        format!("https://e.com/{before}/{random}/{after}"),
        format!("https://e.com/{before}/0123456789abcdef0123456789abcdef{SECRET}/{after}"),
        format!("https://e.com/?next=https%3A%2F%2Fe.com%2F%3Fpassword%3D{SECRET}&{after}"),
        format!("data:,{before}{SECRET}{after}"),
    ]
}

fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
    is_scheme.then_some(scheme)
}
