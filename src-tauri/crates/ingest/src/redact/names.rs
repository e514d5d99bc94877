//! What the name of a field says about its value. Headers pass by the allow-list that recordings pass by.

use super::assigned::KEY_NAMES;
use crate::http_headers;

/// How a value is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// As text that may hold secrets.
    Text,
    /// An id or a model's name: only keys are taken out of it.
    Id,
    /// A secret, whatever it looks like; its kind.
    Whole(&'static str),
    /// A secret if it looks like one; its kind.
    Random(&'static str),
    /// A telephone number if it is nothing but digits.
    Phone,
    /// A card number if it is one.
    Card,
    /// A map of headers, or a list of them.
    Headers,
    /// One header of a list: `{name, value}`.
    HeaderItem,
}

/// Tokens that open something, by the ends of their names.
const TOKEN_NAMES: [&str; 13] = [
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "authtoken",
    "bearertoken",
    "sessiontoken",
    "securitytoken",
    "apitoken",
    "bottoken",
    "csrftoken",
    "xsrftoken",
    "oauthtoken",
    "personaltoken",
];
const SECRET_NAMES: [&str; 5] = [
    "clientsecret",
    "appsecret",
    "apisecret",
    "signingsecret",
    "webhooksecret",
];
const PASSWORD_NAMES: [&str; 4] = ["password", "passwd", "passphrase", "pwd"];
const PHONE_NAMES: [&str; 11] = [
    "phone",
    "phonenumber",
    "phoneno",
    "mobile",
    "mobilenumber",
    "telephone",
    "telefon",
    "tel",
    "fax",
    "whatsapp",
    "msisdn",
];
const CARD_NAMES: [&str; 5] = ["cardnumber", "cardno", "creditcard", "ccnumber", "pan"];
const ID_NAMES: [&str; 7] = [
    "traceid",
    "spanid",
    "parentid",
    "parentspanid",
    "requestid",
    "retryof",
    "model",
];

const AUTHORIZATION_NAMES: [&str; 1] = ["authorization"];
const COOKIE_NAMES: [&str; 2] = ["cookie", "cookies"];
const RANDOM_NAMES: [&str; 5] = ["token", "secret", "credential", "credentials", "signature"];
const PHONE_ENDS: [&str; 3] = ["phone", "phonenumber", "mobilenumber"];
const HEADERS_NAMES: [&str; 1] = ["headers"];
const MODEL_ENDS: [&str; 4] = [
    "requestmodel",
    "responsemodel",
    "modelrequested",
    "modelreturned",
];

/// Every name that tells anything.
const TELLING: [&[&str]; 13] = [
    &AUTHORIZATION_NAMES,
    &COOKIE_NAMES,
    &KEY_NAMES,
    &TOKEN_NAMES,
    &SECRET_NAMES,
    &PASSWORD_NAMES,
    &RANDOM_NAMES,
    &PHONE_NAMES,
    &PHONE_ENDS,
    &CARD_NAMES,
    &HEADERS_NAMES,
    &ID_NAMES,
    &MODEL_ENDS,
];

/// Longest name that is looked at, in letters and digits.
const NAME_BYTES: usize = 64;

/// Where headers stand among the attributes of OTLP.
const HEADER_PARTS: [&str; 2] = ["http.request.header.", "http.response.header."];

/// A bit for the last three letters of every telling name: nearly all others are told by it alone, and a trace has
/// dozens of names a span.
static ENDS: [u64; ENDS_WORDS] = {
    let mut bits = [0; ENDS_WORDS];
    let mut list = 0;
    while list < TELLING.len() {
        let mut name = 0;
        while name < TELLING[list].len() {
            if let Some(bit) = end_bit(TELLING[list][name].as_bytes()) {
                bits[bit / 64] |= 1 << (bit % 64);
            }
            name += 1;
        }
        list += 1;
    }
    bits
};
const ENDS_WORDS: usize = (36 * 36 * 36_usize).div_ceil(64);

/// The bit of a folded name; `None` for one that is too short to tell anything.
const fn end_bit(folded: &[u8]) -> Option<usize> {
    let [.., first, second, third] = folded else {
        return None;
    };
    Some((digit(*first) * 36 + digit(*second)) * 36 + digit(*third))
}

/// A lower-case letter or a digit as a number below 36.
const fn digit(byte: u8) -> usize {
    match byte {
        b'0'..=b'9' => (byte - b'0') as usize,
        b'a'..=b'z' => (byte - b'a') as usize + 10,
        _ => 0,
    }
}

fn may_tell(folded: &str) -> bool {
    end_bit(folded.as_bytes()).is_some_and(|bit| ENDS[bit / 64] >> (bit % 64) & 1 == 1)
}

impl Rule {
    /// The rule of a field by its name alone.
    pub(super) fn of(name: &str) -> Self {
        if name.len() > HEADER_PARTS[0].len() && name.contains('.') {
            for part in HEADER_PARTS {
                if let Some((_, header)) = name.split_once(part) {
                    return Self::of_header(header);
                }
            }
        }
        let mut folded = [0_u8; NAME_BYTES];
        match fold(name, &mut folded) {
            Some(folded) if may_tell(folded) => Self::told(folded),
            _ => Self::Text,
        }
    }

    /// The rule that a folded name tells.
    fn told(folded: &str) -> Self {
        let ends = |names: &[&str]| names.iter().any(|end| folded.ends_with(end));
        let is = |names: &[&str]| names.contains(&folded);
        if ends(&AUTHORIZATION_NAMES) {
            Self::Whole("authorization")
        } else if ends(&COOKIE_NAMES) {
            Self::Whole("cookie")
        } else if ends(&KEY_NAMES) {
            Self::Whole("api_key")
        } else if ends(&TOKEN_NAMES) {
            Self::Whole("token")
        } else if ends(&SECRET_NAMES) {
            Self::Whole("secret")
        } else if ends(&PASSWORD_NAMES) {
            Self::Whole("password")
        } else if is(&RANDOM_NAMES) {
            Self::Random("secret")
        } else if is(&PHONE_NAMES) || ends(&PHONE_ENDS) {
            Self::Phone
        } else if ends(&CARD_NAMES) {
            Self::Card
        } else if ends(&HEADERS_NAMES) {
            Self::Headers
        } else if is(&ID_NAMES) || ends(&MODEL_ENDS) {
            Self::Id
        } else {
            Self::Text
        }
    }

    /// The rule of a header's value.
    fn of_header(name: &str) -> Self {
        if http_headers::is_allowed(&name.to_ascii_lowercase()) {
            return Self::Text;
        }
        match Self::of(name) {
            rule @ Self::Whole(_) => rule,
            _ => Self::Whole("header"),
        }
    }

    /// The rule within an object that stands where this rule holds.
    pub(super) fn within(self, is_in_list: bool) -> Self {
        match self {
            Self::Headers if is_in_list => Self::HeaderItem,
            rule => rule,
        }
    }

    /// The rule of a member; `told` is what the object's `name` or `key` says of its `value`.
    pub(super) fn member(self, key: &str, told: Option<Self>) -> Self {
        match self {
            Self::Headers => Self::of_header(key),
            Self::HeaderItem if is_value(key) => told.unwrap_or(Self::Whole("header")),
            Self::HeaderItem => Self::Text,
            outer if is_value(key) => match (told, outer) {
                (Some(told), _) if told != Self::Text => told,
                (_, Self::Whole(_) | Self::Random(_) | Self::Phone | Self::Card) => outer,
                _ => Self::of(key),
            },
            _ => Self::of(key),
        }
    }

    /// What the text of a `name` or `key` says of the `value` beside it.
    pub(super) fn told_by(self, name: &str) -> Self {
        match self {
            Self::HeaderItem => Self::of_header(name),
            _ => Self::of(name),
        }
    }
}

/// Members whose text names what stands beside them.
pub(super) fn is_name(key: &str) -> bool {
    matches!(key, "key" | "name")
}

/// Members that hold the value of a pair, or wrap it as OTLP does.
fn is_value(key: &str) -> bool {
    matches!(
        key,
        "value" | "values" | "stringValue" | "arrayValue" | "string_value" | "array_value"
    )
}

/// Lower case without separators; `None` for a name that is too long to mean anything.
fn fold<'b>(name: &str, buffer: &'b mut [u8; NAME_BYTES]) -> Option<&'b str> {
    let mut length = 0;
    for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
        *buffer.get_mut(length)? = byte.to_ascii_lowercase();
        length += 1;
    }
    std::str::from_utf8(&buffer[..length]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_name_that_is_passed_over_tells_nothing(
            before in "[a-z0-9]{0,6}",
            telling in proptest::sample::select(TELLING.concat()),
            after in "[a-z0-9]{0,2}",
        ) {
            let name = format!("{before}{telling}{after}");
            let told = Rule::told(&name);
            prop_assert!(may_tell(&name) || told == Rule::Text, "{name}: {told:?}");
            prop_assert_ne!(Rule::told(telling), Rule::Text);
            prop_assert!(may_tell(telling));
        }
    }

    #[test]
    fn names_tell_in_any_spelling() {
        for (name, rule) in [
            ("Authorization", Rule::Whole("authorization")),
            ("proxy-authorization", Rule::Whole("authorization")),
            ("Set-Cookie", Rule::Whole("cookie")),
            ("x-goog-api-key", Rule::Whole("api_key")),
            ("OPENAI_API_KEY", Rule::Whole("api_key")),
            ("aws_secret_access_key", Rule::Whole("api_key")),
            ("refreshToken", Rule::Whole("token")),
            ("db.password", Rule::Whole("password")),
            ("token", Rule::Random("secret")),
            ("max_tokens", Rule::Text),
            ("idempotency_key", Rule::Text),
            ("cache_key", Rule::Text),
            ("customer_phone", Rule::Phone),
            ("request_headers", Rule::Headers),
            ("http.request.header.x-tenant", Rule::Whole("header")),
            ("http.response.header.content-type", Rule::Text),
            ("traceId", Rule::Id),
            ("gen_ai.request.model", Rule::Id),
        ] {
            assert_eq!(Rule::of(name), rule, "{name}");
        }
    }
}
