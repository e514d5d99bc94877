//! However a record writes a secret down, its record and the span that came of it lose the same.

use crate::corpus::{Secret, secrets};
use crate::dice::{redacted, redactor};
use plumbline_ingest::{Format, Item, RedactedCounts};
use serde_json::Value;
use std::ops::ControlFlow;

/// The text as JSON programs write it: as little escaped as can be, slashes as well, every sign, and every letter.
fn written(text: &str) -> [String; 4] {
    let plain = Value::from(text).to_string();
    let escaped = |is_escaped: fn(char) -> bool| {
        let letters = text.chars().map(|c| {
            if is_escaped(c) {
                format!("\\u{:04x}", u32::from(c))
            } else {
                c.to_string()
            }
        });
        format!("\"{}\"", letters.collect::<String>())
    };
    [
        plain.replace('/', "\\/"),
        plain,
        escaped(|c| !c.is_ascii_alphanumeric()),
        escaped(|_| true),
    ]
}

fn surroundings(secret: &Secret) -> Vec<String> {
    let text = &secret.text;
    match secret.name {
        Some(name) => vec![
            format!("{name}: {text}"),
            format!("export\n{name}\t=\t\"{text}\"\n"),
            format!("{name} =\n{text}"),
            format!("it was {text}, I think"),
        ],
        None => vec![
            format!("Say {text} now."),
            format!("a\n{text}\nb\t{text}"),
            format!("see C:\\{text}\\b or \"{text}\""),
            format!("to={}&n=1", text.replace('@', "%40").replace(' ', "%20")),
        ],
    }
}

/// A record of one message, read and redacted: what the span says, and what the record says.
fn read(token: &str) -> (String, String) {
    let line = format!(
        r#"{{"trace_id":"t","span_id":"s","kind":"llm","start_ns":1,"input_messages":[{{"role":"user","content":{token}}}]}}"#
    );
    let mut said = None;
    let mut sink = |item: Item| {
        if let Item::Span { mut span, mut raw } = item {
            redactor().span(&mut span, &mut raw, &mut RedactedCounts::new());
            let record: Value = serde_json::from_slice(&raw).unwrap();
            let kept = record["input_messages"][0]["content"].as_str().unwrap();
            said = Some((span.input_messages[0].content.text(), kept.to_owned()));
        }
        ControlFlow::Continue(())
    };
    let format = Some(Format::CanonicalJsonl);
    plumbline_ingest::read(&mut line.as_bytes(), format, "test", &mut sink).unwrap();
    said.unwrap()
}

#[test]
fn a_secret_is_taken_out_of_the_record_as_it_is_out_of_the_span() {
    let mut all = 0;
    for secret in secrets(2) {
        for text in surroundings(&secret) {
            let clean = redacted(&text);
            for token in written(&text) {
                let (span, record) = read(&token);
                assert_eq!(span, clean, "span of {token}");
                assert_eq!(record, clean, "record of {token}");
                all += 1;
            }
        }
    }
    println!("{all} ways to write a secret");
    assert!(all > 1_500, "{all}");
}

#[test]
fn what_stands_only_in_the_unescaped_text_does_not_slip_through() {
    for (text, kind) in [
        ("use Bearer a8f3k2l9m4n7p1q6", "authorization"),
        ("password\t= hunter2!x", "password"),
        ("pwd\n:\nhunter2!x", "password"),
        ("cookie\t: sid=a8f3k2l9m4n7", "cookie"),
        (
            "hooks.slack.com/services/T00000000/B00000000/abcdefgh",
            "slack_webhook",
        ),
        ("whsec_abc/defghij+klmnopqr/stuv==", "stripe_key"),
        ("basic YWRhOmh1bnRl/jIh", "basic_auth"),
        ("ada@example.org", "email"),
        ("ada%40example.org", "email"),
        ("phone:\t0171 1234567", "phone"),
    ] {
        let clean = redacted(text);
        assert!(clean.contains(&format!("[redacted:{kind}:")), "{clean}");
        for token in written(text) {
            let (span, record) = read(&token);
            assert_eq!(span, clean, "span of {token}");
            assert_eq!(record, clean, "record of {token}");
        }
    }
}

#[test]
fn a_value_under_a_name_beside_it_goes_from_the_record_too() {
    let raw = r#"{"variables":[{"name":"password","value":"correct horse"},{"name": "access_token" , "value":"a8f3k2l9m4n7p1q6"}]}"#;
    let clean = redacted(raw);
    for kind in ["[redacted:password:", "[redacted:"] {
        assert!(clean.contains(kind), "{clean}");
    }
    assert!(
        !clean.contains("horse") && !clean.contains("a8f3"),
        "{clean}"
    );
}
