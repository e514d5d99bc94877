//! Secrets that tell by the name before them: `api_key=…`, `"password": "…"`, `Authorization: …`, `Cookie: …`.

use super::edges;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Words that such a name holds; the rest of it is looked at where one is found.
pub(super) const ANCHORS: [&str; 12] = [
    "key",
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "signature",
    "sig=",
    "authorization",
    "cookie",
    "bearer",
];

/// Ends of names, without case and separators, whose value is a key.
pub(super) const KEY_NAMES: [&str; 17] = [
    "apikey",
    "accesskey",
    "accesskeyid",
    "secretkey",
    "secretaccesskey",
    "accountkey",
    "privatekey",
    "subscriptionkey",
    "authkey",
    "sharedkey",
    "sharedaccesskey",
    "masterkey",
    "encryptionkey",
    "signingkey",
    "servicekey",
    "functionskey",
    "licensekey",
];
/// Tokens that page through a list or count text are no secrets.
const HARMLESS_TOKENS: [&str; 6] = ["page", "next", "cursor", "continuation", "sync", "resume"];

/// How far behind a name its sign is looked for, in bytes.
const SIGN_BYTES: usize = 16;
/// Longest name that is looked at, in bytes.
const NAME_BYTES: usize = 64;

// Values hold no sign of assignment or are bounded, so that a long run of names costs no more than its length.
// After the name: its closing quote, perhaps escaped, then the sign and the opening quote.
const SIGN: &str = r#"["'\\]{0,4}\s{0,3}(?::=|=>|=|:|%3[aAdD])\s{0,3}(?:[a-z]{0,2}["'\\]{1,4})?"#;

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static VALUE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(&format!(
        r"\A(?i:key|token|secret|signature|sig)(?i:_?id|_?value)?{SIGN}((?:[A-Za-z0-9_\-./+~]|%2[BbFf]){{16,}}(?:=|%3[Dd]){{0,2}})"
    ))
});
static PASSWORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(&format!(
        r#"\A(?i:password|passwd|passphrase|pwd){SIGN}([^\s"'\\;,&<>{{}}()\[\]]{{6,256}})"#
    ))
});
static AUTHORIZATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(&format!(
        r#"\A(?i:authorization){SIGN}(?:[A-Za-z][A-Za-z0-9-]{{2,20}}[ +]{{1,3}})?([^\s"'\\,;\[\]{{}}<>]{{8,4096}})"#
    ))
});
static COOKIE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(&format!(
        r#"\A(?i:cookie){SIGN}([A-Za-z0-9_.\-]{{1,80}}=[^\s"'\\;\[\]]{{1,}}(?:; ?[^\r\n"'\\\[\]]{{0,}})?)"#
    ))
});
static BEARER: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\A(?i:bearer) {1,3}([A-Za-z0-9._~+/=-]{12,})"));

/// True where a sign of assignment follows a name's word, whatever the value.
pub(super) fn is_assigned(text: &[u8], end_of_word: usize) -> bool {
    let mut before = b' ';
    for byte in text.iter().skip(end_of_word).take(SIGN_BYTES) {
        match byte {
            b':' | b'=' | b'%' => return true,
            b'"' | b'\'' | b'\\' | b'_' | b'i' | b'd' | b's' | 0x0b | 0x80.. => {}
            // White space as JSON writes it.
            b'n' | b't' | b'r' | b'f' | b'b' if before == b'\\' => {}
            other if other.is_ascii_whitespace() => {}
            _ => return false,
        }
        before = *byte;
    }
    false
}

/// The secret that is assigned to the name whose word begins at `at`.
pub(super) fn find(text: &str, at: usize, anchor: &str) -> Option<(Range<usize>, &'static str)> {
    let rest = text.get(at..)?;
    let value = |regex: &Option<Regex>| {
        let group = regex.as_ref()?.captures(rest)?.get(1)?;
        Some((group.as_str(), at + group.start()..at + group.end()))
    };
    match anchor {
        "bearer" => {
            let (token, range) = value(&BEARER)?;
            (edges::begins(text.as_bytes(), at)
                && token.bytes().any(|b| b.is_ascii_digit() || b == b'.')
                && edges::is_mixed(token))
            .then_some((range, "authorization"))
        }
        "authorization" => {
            let (value, range) = value(&AUTHORIZATION)?;
            (value.bytes().any(|b| b.is_ascii_digit()) || value.len() >= 24)
                .then_some((range, "authorization"))
        }
        "cookie" => value(&COOKIE).map(|(_, range)| (range, "cookie")),
        "password" | "passwd" | "passphrase" | "pwd" => {
            let (value, range) = value(&PASSWORD)?;
            is_password(value).then_some((range, "password"))
        }
        _ => {
            // The cheap question first: most names that hold such a word are given no value.
            if !is_assigned(text.as_bytes(), at + anchor.trim_end_matches('=').len()) {
                return None;
            }
            let (value, range) = value(&VALUE)?;
            let kind = kind_of(&name_before(text, at), anchor)?;
            (edges::looks_random(value) && !is_reference(value)).then_some((range, kind))
        }
    }
}

/// The part of a name before its word, in lower case and without separators; `?` or `&` where it begins a query.
fn name_before(text: &str, at: usize) -> String {
    let bytes = &text.as_bytes()[at.saturating_sub(NAME_BYTES)..at];
    let length = bytes
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        .count();
    let (before, name) = bytes.split_at(bytes.len() - length);
    let mut folded: String = name
        .iter()
        .filter(|b| b.is_ascii_alphanumeric())
        .map(|b| b.to_ascii_lowercase() as char)
        .collect();
    if name.is_empty() && matches!(before.last(), Some(b'?' | b'&')) {
        folded.push('?');
    }
    folded
}

fn kind_of(before: &str, anchor: &str) -> Option<&'static str> {
    match anchor {
        "key" if before == "?" => Some("api_key"),
        "key" => {
            let name = format!("{before}key");
            KEY_NAMES
                .iter()
                .any(|end| name.ends_with(end))
                .then_some("api_key")
        }
        "token" => (!HARMLESS_TOKENS.iter().any(|word| before.contains(word))).then_some("token"),
        "sig=" => (before.is_empty() || before == "?").then_some("signature"),
        "signature" => Some("signature"),
        _ => Some("secret"),
    }
}

/// A password has a digit or a sign among its letters and is no expression of a program.
fn is_password(value: &str) -> bool {
    value.bytes().any(|b| b.is_ascii_alphabetic())
        && value
            .bytes()
            .any(|b| b.is_ascii_digit() || b"!#@^*?".contains(&b))
        && !is_reference(value)
        && !value.starts_with(['$', '%', '*', '/'])
}

/// A place where a program or template takes the value from.
fn is_reference(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    [
        "os.environ",
        "process.env",
        "env.",
        "config.",
        "settings.",
        "self.",
        "secrets.",
        "http",
    ]
    .iter()
    .any(|start| lower.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret<'t>(text: &'t str, anchor: &str) -> Option<(&'t str, &'static str)> {
        let at = text.to_ascii_lowercase().find(anchor).unwrap();
        find(text, at, anchor).map(|(range, kind)| (&text[range], kind))
    }

    #[test]
    fn what_is_assigned_to_a_secret_name_is_found_in_any_spelling() {
        let value = "a8f3k2l9m4n7p1q6";
        for text in [
            format!("api_key={value}"),
            format!("OPENAI_API_KEY: {value}"),
            format!("{{\"apiKey\": \"{value}\"}}"),
            format!("{{\\\"x-api-key\\\":\\\"{value}\\\"}}"),
            format!("https://h.test/v1?key={value}&alt=sse"),
            format!("AccountKey={value};Endpoint"),
        ] {
            assert_eq!(secret(&text, "key"), Some((value, "api_key")), "{text}");
        }
        assert_eq!(
            secret("access_token = 'a8f3k2l9m4n7p1q6x'", "token")
                .unwrap()
                .1,
            "token"
        );
        assert_eq!(
            secret("\"password\": \"hunter2!\"", "password"),
            Some(("hunter2!", "password"))
        );
        assert_eq!(
            secret("Authorization: Bearer abcdef123456", "authorization"),
            Some(("abcdef123456", "authorization"))
        );
        assert_eq!(
            secret("Cookie: sid=abc; theme=dark\r\nHost: h", "cookie"),
            Some(("sid=abc; theme=dark", "cookie"))
        );
    }

    #[test]
    fn names_without_a_value_and_values_that_are_none_stay() {
        for (text, anchor) in [
            ("the key is under the mat", "key"),
            ("primary_key=a8f3k2l9m4n7p1q6", "key"),
            ("api_key = os.environ['OPENAI_API_KEY_2024']", "key"),
            ("max_tokens=4096", "token"),
            ("next_page_token: a8f3k2l9m4n7p1q6", "token"),
            ("password: required", "password"),
            ("password = process.env.PASSWORD1", "password"),
            ("authorization: required", "authorization"),
            ("bearer of bad news", "bearer"),
            ("Cookie: a banner asks", "cookie"),
        ] {
            assert_eq!(secret(text, anchor), None, "{text}");
        }
    }
}
