//! Text of a provider made fit to show: no key, no control characters, bounded.
//!
//! A provider is free to echo what it was sent, so nothing it says reaches a person without this.

use crate::ApiKey;
use serde_json::Value;

/// Longest text of a provider that is shown.
const MAX_CHARS: usize = 500;
/// Longest identifier (model, fingerprint, error code) that is kept.
const MAX_NAME_CHARS: usize = 200;

/// Removes control and direction characters, then the key, then everything after 500 characters.
pub(crate) fn for_people(text: &str, key: Option<&ApiKey>) -> String {
    let flat = without_controls(text);
    // The key goes before the cut: a cut in its middle would leave a half that no longer matches.
    let safe = match key {
        Some(key) => key.redact(&flat),
        None => flat,
    };
    bounded(safe.trim(), MAX_CHARS)
}

/// An identifier of a provider: kept as it is, without controls and bounded.
pub(crate) fn name(text: &str) -> String {
    if text.len() <= MAX_NAME_CHARS && !text.chars().any(is_unwanted) {
        return text.to_owned();
    }
    bounded(&without_controls(text), MAX_NAME_CHARS)
}

fn bounded(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn without_controls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => out.push(' '),
            c if is_unwanted(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// C0, C1, zero-width and bidirectional controls.
fn is_unwanted(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Code and message of an error object in any of the shapes that providers use:
/// `{"error": {"message", "code", "type", "status"}}`, `{"error": "…"}`, `{"message"}`, `{"detail"}`.
pub(crate) fn of_error(value: &Value) -> (Option<String>, Option<String>) {
    let error = value.get("error").filter(|e| !e.is_null()).unwrap_or(value);
    let member = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
    let code = member("code")
        .or_else(|| member("type"))
        .or_else(|| member("status"));
    let message = error
        .as_str()
        .map(str::to_owned)
        .or_else(|| member("message"))
        .or_else(|| member("detail"))
        .or_else(|| value.get("message")?.as_str().map(str::to_owned));
    (code, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_key_is_gone_even_where_the_cut_falls_into_it_or_controls_split_it() {
        let key = ApiKey::for_origin("https://example.test", "sk-canary-0123456789").unwrap();
        let at_the_cut = format!("{}sk-canary-0123456789 tail", "x".repeat(490));
        let split = "bad key sk-canary\u{200b}-0123\u{7}456789";
        for text in [at_the_cut.as_str(), split] {
            let shown = for_people(text, Some(&key));
            assert!(!shown.contains("sk-canary"), "{shown}");
            assert!(shown.chars().count() <= MAX_CHARS + 1);
        }
    }

    #[test]
    fn escape_sequences_and_direction_marks_do_not_pass() {
        assert_eq!(
            for_people("\u{1b}[31mred\u{202e}\r\nnext\u{9b}0m", None),
            "[31mred  next0m"
        );
    }

    #[test]
    fn every_usual_error_shape_gives_its_message() {
        for (body, code, message) in [
            (
                json!({"error": {"message": "no", "type": "t", "code": "c"}}),
                Some("c"),
                "no",
            ),
            (
                json!({"type": "error", "error": {"type": "overloaded_error", "message": "no"}}),
                Some("overloaded_error"),
                "no",
            ),
            (json!({"error": "no"}), None, "no"),
            (json!({"detail": "no"}), None, "no"),
            (json!({"error": null, "message": "no"}), None, "no"),
        ] {
            let (seen_code, seen) = of_error(&body);
            assert_eq!(
                (seen_code.as_deref(), seen.as_deref()),
                (code, Some(message)),
                "{body}"
            );
        }
        assert_eq!(of_error(&json!([1, 2])), (None, None));
    }
}
