//! Any input: no panic, JSON stays JSON, a second time changes nothing, and plain words never change.

use crate::dice::{redacted, redactor};
use plumbline_ingest::RedactedCounts;
use plumbline_model::{Span, SpanKind, UnixNanos};
use proptest::prelude::*;
use serde_json::Value;

/// Pieces that begin, end and join secrets, and noise.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("sk-ant-api03-abcdefgh12345678".to_owned()),
        Just("ada@example.org".to_owned()),
        Just("+14155550132".to_owned()),
        Just("4111 1111 1111 1111".to_owned()),
        Just("(415) 555-0132".to_owned()),
        Just("password=".to_owned()),
        Just("Authorization: Bearer ".to_owned()),
        Just("cookie: a=".to_owned()),
        Just("api_key: ".to_owned()),
        Just("https://u:p4ss@".to_owned()),
        Just("[redacted:email:1f3a9c02]".to_owned()),
        Just("[redacted:".to_owned()),
        Just("-----BEGIN PRIVATE KEY-----".to_owned()),
        Just("eyJhbGciOiJI.eyJzdWIiOiIx.c2ln".to_owned()),
        Just("AKIAABCDEFGHIJKLMNOP".to_owned()),
        Just("\\n".to_owned()),
        Just("\"".to_owned()),
        Just(" ".to_owned()),
        "[a-zA-Z0-9_.@+=:/-]{0,12}",
        "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("headers".to_owned()),
        Just("password".to_owned()),
        Just("key".to_owned()),
        Just("name".to_owned()),
        Just("value".to_owned()),
        Just("x-api-key".to_owned()),
        Just("phone".to_owned()),
        pieces()
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::from(4_111_111_111_111_111_u64)),
        pieces().prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn text_redacts_once_and_for_all(text in pieces()) {
        let once = redacted(&text);
        prop_assert_eq!(redacted(&once), once);
    }

    #[test]
    fn json_stays_json_and_redacts_once(value in value()) {
        let text = value.to_string();
        let once = redacted(&text);
        if value.is_object() || value.is_array() {
            prop_assert!(serde_json::from_str::<Value>(&once).is_ok(), "{}", once);
        }
        prop_assert_eq!(redacted(&once), once);
    }

    #[test]
    fn a_span_and_its_record_agree(value in value(), bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut span = Span::new("t", "s", SpanKind::Tool, UnixNanos(1));
        span.tool_arguments = Some(value);
        let mut raw = serde_json::to_vec(&span.tool_arguments).unwrap();
        redactor().span(&mut span, &mut raw, &mut RedactedCounts::new());
        if span.tool_arguments.as_ref().is_some_and(|value| value.is_object()) {
            prop_assert_eq!(serde_json::from_slice::<Value>(&raw).unwrap(), span.tool_arguments.clone().unwrap());
        }
        let mut noise = bytes;
        redactor().span(&mut span, &mut noise, &mut RedactedCounts::new());
    }

    #[test]
    fn words_and_small_numbers_never_change(
        // A word stands between any two numbers: four numbers in a row may be a card's.
        text in "([a-zA-Zäöüß]{1,9}[ ,.;!?\n]([0-9]{1,5} )?){0,40}"
    ) {
        prop_assert_eq!(redacted(&text), text);
    }
}

/// Long runs of beginnings must cost what their length costs: a quadratic search would not end here.
#[test]
fn hostile_runs_end() {
    for piece in [
        "sk-",
        "-sk-",
        "eyJ",
        ".eyJ",
        "-eyJ-",
        "key=",
        "key=a",
        "password=",
        "pwd:",
        "authorization:",
        "cookie:a=",
        "Bearer ",
        "a@",
        "@",
        "a@b.",
        "+1",
        "+1 ",
        "://a:",
        "4111 ",
        "41111111",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----abcdefghijklmnopqrstuvwxyz ",
        "[redacted:",
        "[redacted:email:1f3a9c02]",
        "{",
        "[",
        "\"",
        "\\",
        "AKIA",
        "phone: 1",
        "basic ",
        "xoxb-",
        "whsec_+",
        "sig=",
        "415-555-",
        "(415) ",
    ] {
        let text = piece.repeat(400_000 / piece.len());
        let _ = redacted(&text);
        let _ = redacted(&format!("[\"{text}"));
    }
}
