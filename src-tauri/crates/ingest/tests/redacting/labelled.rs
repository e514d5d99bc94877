//! Recall: every labelled secret in every place where such things stand.

use crate::corpus::{Secret, secrets};
use crate::dice::redacted;
use serde_json::json;
use std::collections::BTreeMap;

/// Texts that hold the secret, by the kind of place.
fn places(secret: &Secret) -> Vec<(&'static str, String)> {
    let text = &secret.text;
    match secret.name {
        Some(name) => {
            let mut places = vec![
                (
                    "json",
                    json!({"id": 7, name: text, "next": [1, 2]}).to_string(),
                ),
                (
                    "json in text",
                    json!({"arguments": json!({"config": {name: text}}).to_string()}).to_string(),
                ),
                (
                    "otlp",
                    json!({"attributes": [{"key": name, "value": {"stringValue": text}}]})
                        .to_string(),
                ),
                (
                    "header",
                    format!("POST /v1 HTTP/1.1\r\nHost: h.test\r\n{name}: {text}\r\nAccept: */*"),
                ),
                (
                    "headers",
                    json!({"request": {"headers": [{"name": name, "value": text}]}}).to_string(),
                ),
            ];
            if !matches!(name, "Authorization" | "Cookie" | "password") {
                places.push((
                    "url",
                    format!("GET https://h.test/v1/models?{name}={text}&alt=sse"),
                ));
            }
            if !matches!(name, "Cookie") {
                places.push((
                    "code",
                    format!("client = Client(\n    {name} = \"{text}\",\n    retries=3)"),
                ));
                places.push((
                    "env",
                    format!("export REGION=eu-west-1\n{name}={text}\n")
                        .replace("=Bearer ", ": Bearer "),
                ));
            }
            places
        }
        None => vec![
            (
                "json",
                json!({"role": "user", "content": text, "n": 1}).to_string(),
            ),
            (
                "json in text",
                json!({"arguments": json!({"note": format!("it is\n{text}\nthanks")}).to_string()})
                    .to_string(),
            ),
            (
                "header",
                format!("X-Forwarded-Auth: {text}\r\nAccept: text/html"),
            ),
            (
                "url",
                format!(
                    "https://h.test/v1/find?q=1&value={}",
                    text.replace(['\n', ' '], "%20").replace('@', "%40")
                ),
            ),
            (
                "prose",
                format!("Hello, please take {text} and tell nobody. Thank you."),
            ),
            ("prose", format!("Is it {text}? I think so.")),
            ("code", format!("value = '{text}'  # for tests")),
            ("brackets", format!("see <{text}>, then go on")),
        ],
    }
}

#[test]
fn of_the_labelled_secrets_at_least_99_in_100_are_found() {
    let (mut all, mut missed) = (0, Vec::new());
    let mut by_kind: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for secret in secrets(6) {
        for (place, text) in places(&secret) {
            // Spaces and `@` of a URL are written otherwise: what counts is that nothing of it is left.
            let needle = secret.text.strip_prefix("Bearer ").unwrap_or(&secret.text);
            let left = redacted(&text);
            let tail: String = needle
                .chars()
                .skip(needle.chars().count() / 2)
                .filter(|c| !c.is_whitespace())
                .collect();
            let packed: String = left
                .replace("%20", "")
                .replace("\\n", "")
                .chars()
                .filter(|c| !c.is_whitespace())
                .collect();
            all += 1;
            let entry = by_kind.entry(secret.kind).or_default();
            entry.0 += 1;
            if packed.contains(&tail) {
                missed.push(format!("{} in {place}: {left}", secret.kind));
            } else {
                entry.1 += 1;
            }
        }
    }
    for miss in &missed {
        println!("missed: {miss}");
    }
    println!("{all} labelled secrets, {} missed", missed.len());
    for (kind, (all, found)) in by_kind {
        println!("  {kind}: {found} of {all}");
    }
    assert!(all >= 500, "{all}");
    assert!(
        missed.len() * 100 <= all,
        "{} of {all} missed:\n{}",
        missed.len(),
        missed.join("\n")
    );
}

#[test]
fn a_secret_looks_the_same_wherever_it_stands() {
    let key = "sk-ant-api03-q8Zr2Lw9Tn4Vb7Xc1Ms6Kd3Jf5Hg0PyAA";
    let placeholder = redacted(key);
    assert!(
        placeholder.starts_with("[redacted:anthropic_key:"),
        "{placeholder}"
    );
    for text in [
        json!({"x-api-key": key}).to_string(),
        json!({"headers": {"Authorization": format!("Bearer {key}")}}).to_string(),
        format!("curl -H 'x-api-key: {key}' h.test"),
        format!("key={key}"),
        json!({"text": format!("{{\"api_key\": \"{key}\"}}")}).to_string(),
    ] {
        let clean = redacted(&text);
        assert!(clean.contains(&placeholder), "{clean}");
        assert!(!clean.contains("sk-ant"), "{clean}");
    }
    assert_eq!(
        redacted("4111 1111 1111 1111"),
        redacted("4111-1111-1111-1111")
    );
}

#[test]
fn headers_pass_by_an_allow_list_in_every_form() {
    for headers in [
        json!({"headers": {"x-tenant": "acme", "content-type": "text/html"}}),
        json!({"request_headers": [{"name": "x-tenant", "value": "acme"}, {"name": "content-type", "value": "text/html"}]}),
        json!({"headers": [["x-tenant", "acme"], ["content-type", "text/html"]]}),
        json!({"attributes": [
            {"key": "http.request.header.x-tenant", "value": {"arrayValue": {"values": [{"stringValue": "acme"}]}}},
            {"key": "http.request.header.content-type", "value": {"stringValue": "text/html"}},
        ]}),
        json!({"http.request.header.x-tenant": ["acme"], "http.request.header.content-type": ["text/html"]}),
    ] {
        let clean = redacted(&headers.to_string());
        assert!(!clean.contains("acme"), "{clean}");
        assert!(
            clean.contains("text/html") && clean.contains("x-tenant"),
            "{clean}"
        );
        assert!(clean.contains("[redacted:header:"), "{clean}");
    }
}

#[test]
fn a_schema_of_passwords_keeps_its_words() {
    let schema = json!({"properties": {"password": {"type": "string", "description": "At least 8."}, "api_key": {"type": "string"}}, "required": ["password"]}).to_string();
    assert_eq!(redacted(&schema), schema);
}

#[test]
fn numbers_and_spaces_of_json_stay_as_written() {
    let text = r#"{ "a": 1.10, "b": 18446744073709551616, "e": "x@y.org", "card_number": 4111111111111111, "a": 2 }"#;
    let clean = redacted(text);
    assert!(
        clean.starts_with(r#"{ "a": 1.10, "b": 18446744073709551616, "e": "[redacted:email:"#),
        "{clean}"
    );
    assert!(
        clean.contains(r#""card_number": "[redacted:card:"#) && clean.ends_with(r#""a": 2 }"#),
        "{clean}"
    );
    for hidden in [
        r#"{"t":"\u0073k-ant-api03-abcdefgh12345678"}"#,
        r#"{"t":"https:\/\/ada:s3cret@h.test"}"#,
    ] {
        assert!(
            redacted(hidden).contains("[redacted:"),
            "{}",
            redacted(hidden)
        );
    }
}

#[test]
fn of_an_address_with_credentials_the_host_stays() {
    let clean = redacted("postgres://ada:s3cret@db.example.com:5432/shop?api_key=a8f3k2l9m4n7p1q6");
    assert!(
        clean.starts_with("postgres://[redacted:url_credentials:")
            && clean.contains("]@db.example.com:5432/shop?api_key=[redacted:api_key:"),
        "{clean}"
    );
}
