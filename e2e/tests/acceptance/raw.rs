//! Bodies that are written by the byte.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A good body with raw JSON as its data.
fn with_data(data: &str) -> Vec<u8> {
    let id = uuid::Uuid::nil();
    format!(
        r#"{{"project_id":"alpha","visitor_id":"{id}","session_id":"{id}","events":[{{"type":"open_chat","data":{data}}}]}}"#
    )
    .into_bytes()
}

/// JSON that no serialiser would write, some of it none at all.
pub(crate) fn raw_json() -> impl Strategy<Value = Vec<u8>> {
    let fragments = select(vec![
        "null",
        "true",
        "0",
        "-0",
        "-0.0",
        "1e15",
        "-1e-30",
        "1E+2",
        "0.12345678901234567890123",
        "1e-999",
        "0e999",
        "123456789012345",
        "NaN",
        "-Infinity",
        "1e999",
        "1e131000",
        "18446744073709551616",
        "1e-31",
        "01",
        "+1",
        ".5",
        r#""""#,
        r#""\u0000""#,
        r#""\ud83d\ude00""#,
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        r#""\x""#,
        "\"\u{1}\"",
        r#""\b\f\/""#,
        "{}",
        "[]",
        "[[[[[[[[[[[[[[]]]]]]]]]]]]]]",
        "[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]",
        "[1,]",
        "{\"a\"}",
        r#"{"a":1,"a":2}"#,
        r#"{"a\u0000":1,"a\ufffd":2}"#,
        r#"{"":{"":{"":0}}}"#,
        "\u{feff}",
        " \t\r\n1 ",
        "/**/1",
    ]);
    prop::collection::vec(fragments, 1..4).prop_map(|values| {
        let pairs: Vec<String> =
            values.iter().enumerate().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        with_data(&format!("{{{}}}", pairs.join(",")))
    })
}

/// A good body with one or two of its bytes changed, taken out, put in, or doubled.
pub(crate) fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<Index>(), any::<u8>(), 0..5_u8);
    (any::<bool>(), prop::collection::vec(edit, 1..3)).prop_map(|(has_data, edits)| {
        let mut body = if has_data {
            with_data(r#"{"question":"Open on Sunday, at €5?","form":{"rating":4.5,"tags":["a","b"],"x":"\u00e9\n"}}"#)
        } else {
            let body = String::from_utf8(with_data("{}")).unwrap();
            let impression = r#""type":"impression","url":"https://e.com/a?b=c#d","referrer":"https://e.org/?q=1""#;
            body.replace(r#""type":"open_chat","data":{}"#, impression).into_bytes()
        };
        for (at, byte, edit) in edits {
            let at = at.index(body.len());
            match edit {
                0 => body[at] = byte,
                1 => body[at] ^= 1 << (byte % 8),
                2 => drop(body.remove(at)),
                3 => body.insert(at, byte),
                _ => body.insert(at, body[at]),
            }
        }
        body
    })
    .prop_filter("another project would be no matter of the parser", |body| {
        body.windows(21).any(|part| part == br#""project_id":"alpha","#)
    })
}
