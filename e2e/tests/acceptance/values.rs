//! Hostile values: what has broken a COPY, a parser or an index somewhere, and what is one past a limit.

use proptest::prelude::*;
use serde_json::{Map, Value};
use shared::event::{AGE_MS_MAX, DATA_KEYS_MAX, DATA_TEXT_BYTES_MAX, LABEL_BYTES_MAX, URL_BYTES_MAX};

/// Any text, with the known bad ones more often than chance would have it.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "\0",
        "a\0b\0",
        "\u{fffe}\u{ffff}\u{202e}\u{2066}\u{1}\u{7f}\u{85}",
        "\u{feff}😀\u{10ffff}",
        "\\u0000\\ud800 \\N \\. \t\r\n\"'",
        "https://bob:s3cret@e.com/bob@e.com?token=1&a=\0#x",
        "-infinity",
        "",
    ]);
    let long = prop::sample::select(vec![LABEL_BYTES_MAX, 2_704, DATA_TEXT_BYTES_MAX]);
    // Not compressible: an index takes 2,704 bytes after compression.
    let random = (long, any::<u64>(), 0..2_usize).prop_map(|(bytes, seed, past)| {
        let letters = (0..).map(|at: u64| (seed ^ at).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40);
        letters.flat_map(|bits| format!("{bits:x}").into_bytes()).map(char::from).take(bytes + past).collect()
    });
    prop_oneof![6 => any::<String>(), 3 => known.prop_map(str::to_owned), 1 => random]
}

/// An address of a page, hostile behind its scheme.
pub(crate) fn url() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(vec!["https://", "https://e.com/?", "data:", "x:", "//", ""]);
    let long = prop::sample::select(vec!["https://e.com/?pin=1", "https://e.com/", "https://😀/"]);
    let long = (long, 0..2_usize).prop_map(|(url, past)| {
        let filled = format!("{url}{}", "&pin=1".repeat(URL_BYTES_MAX));
        filled[..filled.floor_char_boundary(URL_BYTES_MAX + past)].to_owned()
    });
    prop_oneof![9 => (scheme, text()).prop_map(|(scheme, text)| format!("{scheme}{text}")), 1 => long]
}

/// An age, most of them possible.
pub(crate) fn age_ms() -> impl Strategy<Value = u64> {
    prop_oneof![2 => Just(0), 1 => Just(AGE_MS_MAX), 6 => 0..=AGE_MS_MAX, 1 => any::<u64>()]
}

/// A UUID in one of the forms it may have, or in one it may not.
pub(crate) fn uuid() -> impl Strategy<Value = String> {
    (any::<u128>(), 0..40_u8).prop_map(|(bits, form)| {
        let id = uuid::Uuid::from_u128(bits);
        match form {
            0 => id.braced().to_string(),
            1 => id.urn().to_string(),
            2 => id.simple().to_string(),
            3 => id.to_string().to_uppercase(),
            4 => format!(" {id}"),
            5 => format!("{id}\0"),
            _ => id.to_string(),
        }
    })
}

/// A value of `data`.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    let edges = [1e15, -1e15, 1.000_000_000_000_000_2e15, 1e-30, 9e-31, 5e-324, -0.0, 1.797e308, 0.1 + 0.2];
    let leaf = prop_oneof![
        2 => Just(Value::Null),
        2 => any::<bool>().prop_map(Value::from),
        4 => (-1_000_000_000_000_000_i64..=1_000_000_000_000_000).prop_map(Value::from),
        4 => (-1e15..1e15_f64).prop_map(Value::from),
        1 => prop_oneof![any::<i64>().prop_map(Value::from), any::<u64>().prop_map(Value::from)],
        1 => any::<f64>().prop_map(Value::from),
        1 => prop::sample::select(edges.to_vec()).prop_map(Value::from),
        8 => text().prop_map(Value::from),
    ];
    leaf.prop_recursive(20, 40, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            object(inner).prop_map(Value::from),
        ]
    })
}

/// An object; now and then with as many keys as it may have, or one more.
pub(crate) fn object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let few = prop::collection::vec((text(), value), 0..3).prop_map(|pairs| pairs.into_iter().collect());
    let many = (0..2_usize).prop_map(|past| {
        (0..DATA_KEYS_MAX + past).map(|key| (format!("{key}\0"), Value::from(key))).collect()
    });
    prop_oneof![30 => few, 1 => many]
}
