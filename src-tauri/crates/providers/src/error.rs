//! Everything that can go wrong with a call, sorted by the two questions that matter: may it be sent again,
//! and may it have been paid for?
//!
//! Texts of providers in here are already cleaned; none holds a key.

use crate::bedrock::credentials::{SECRET_VARIABLE, is_home as is_bedrock};
use crate::web_origin::WebOrigin;
use plumbline_model::{Code, Problem};
use std::fmt;
use std::time::Duration;

/// Which wait ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Name lookup, TCP, TLS: the request surely did not arrive.
    Connect,
    /// From sending to the first byte of the answer.
    FirstByte,
    /// Between two pieces of the answer.
    Idle,
    /// The whole call.
    Total,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "no connection",
            Self::FirstByte => "no first byte of an answer",
            Self::Idle => "no further piece of the answer",
            Self::Total => "no complete answer",
        })
    }
}

/// Why a call gave no completion. `at` is the origin that was called, such as `https://api.openai.com`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProviderError {
    /// The provider answered and said no. With `http_status` 200 it did so inside its answer.
    #[error("{at} answered HTTP {http_status}: {message}")]
    Refused {
        at: String,
        http_status: u16,
        /// The provider's own word, such as `insufficient_quota`.
        code: Option<String>,
        message: String,
        retry_after: Option<Duration>,
    },
    /// The request surely never arrived.
    #[error("cannot reach {at}: {message}")]
    Connect { at: String, message: String },
    /// A wait ran out; `after_ms` is the limit that was reached.
    #[error("{at} gave {phase} within {after_ms} ms")]
    Timeout {
        at: String,
        phase: Phase,
        after_ms: u64,
        /// Whether the request may have arrived.
        sent: bool,
    },
    /// The request was sent and the connection broke before an answer was seen: it may have been paid.
    #[error("{at} was sent the request and gave no answer: {message}")]
    Ambiguous { at: String, message: String },
    /// An answer came that is not in the wire format.
    #[error("{at} gave an answer that cannot be read: {message}")]
    Malformed {
        at: String,
        message: String,
        /// It came as a success and as a model's answer comes, so it may have been paid. A web page is no such thing.
        is_answer: bool,
    },
    /// The wire format has no way to say what was asked. Nothing was sent.
    #[error("{message}")]
    Unsupported { message: String },
    /// The caller cancelled.
    #[error("{}", cancelled_text(*sent))]
    Cancelled {
        /// Whether the request may have arrived.
        sent: bool,
    },
    /// The provider needs a key. Nothing was sent.
    #[error("{at} needs a key and none was given in {variable}")]
    MissingKey { at: String, variable: String },
    /// A key was about to leave its origin. Nothing was sent.
    #[error("the key belongs to {bound_to} and is not sent to {asked_for}")]
    KeyElsewhere { bound_to: String, asked_for: String },
    /// A setting cannot be used. Nothing was sent.
    #[error("{message}")]
    Setting { message: String },
    /// No recording answers this request.
    #[error("no recording of {model} for request {request_hash}, repeat {repeat}")]
    NoRecording {
        model: String,
        /// The first 12 digits.
        request_hash: String,
        repeat: u32,
    },
}

fn cancelled_text(sent: bool) -> &'static str {
    if sent {
        "cancelled after the request was sent; it may have been paid"
    } else {
        "cancelled before the request was sent"
    }
}

/// Statuses after which the same request may succeed. 529 is Anthropic's "overloaded".
const RETRYABLE_STATUSES: [u16; 8] = [408, 409, 429, 500, 502, 503, 504, 529];

impl ProviderError {
    pub(crate) fn setting(message: impl Into<String>) -> Self {
        Self::Setting {
            message: message.into(),
        }
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::Unsupported {
            message: message.into(),
        }
    }

    /// True when the request was sent and no answer was seen that could be read: it may have been run and billed.
    #[must_use]
    pub fn ambiguous(&self) -> bool {
        match self {
            Self::Ambiguous { .. } => true,
            Self::Timeout { sent, .. } | Self::Cancelled { sent } => *sent,
            Self::Malformed { is_answer, .. } => *is_answer,
            _ => false,
        }
    }

    /// True when sending the same request again is safe and may help. Never true for an ambiguous failure.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Refused {
                http_status, code, ..
            } => {
                RETRYABLE_STATUSES.contains(http_status)
                    // A used-up account answers 429 too, and waiting does not fill it.
                    && code.as_deref() != Some("insufficient_quota")
            }
            Self::Connect { .. } => true,
            Self::Timeout { sent, .. } => !sent,
            _ => false,
        }
    }

    /// How long the provider asked to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The HTTP status of the answer, where there was one.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::Refused { http_status, .. } => Some(*http_status),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Refused {
                code: Some(code), ..
            } if code == "insufficient_quota" => "The account has no credit left.".to_owned(),
            Self::Refused {
                at, http_status, ..
            } => match http_status {
                300..=399 => "Set the base URL to the address the redirect names, if you trust it.".to_owned(),
                401 | 403 => format!("Check the key for {at}: {}.", how_to_give(at)),
                402 => "The account has no credit left.".to_owned(),
                404 => "Check the model's name, and that the base URL includes its version path, such as /v1.".to_owned(),
                429 => "Lower the concurrency, or wait and resume.".to_owned(),
                500..=599 => "The provider has trouble; resume later.".to_owned(),
                _ => return None,
            },
            Self::Connect { at, .. } => format!("Is the server running at {at}?"),
            Self::Timeout {
                at, sent: false, ..
            } => format!("Is the server running at {at}?"),
            Self::Timeout { .. } | Self::Ambiguous { .. } | Self::Cancelled { sent: true } => {
                "The request may have been paid; it is not sent again without your consent.".to_owned()
            }
            Self::Malformed {
                is_answer: true, ..
            } => "The request may have been paid; it is not sent again without your consent. Check that the base URL is right.".to_owned(),
            Self::Malformed { at, .. } => {
                format!("Check that {at} speaks the chosen wire format and that the base URL is right.")
            }
            Self::MissingKey { variable, .. } if variable == SECRET_VARIABLE => format!(
                "Set {variable} and its companions; keys of Bedrock come from the environment only."
            ),
            Self::MissingKey { at, variable } => {
                format!("Set {variable}, or keep one for it: {}.", how_to_give(at))
            }
            Self::KeyElsewhere { asked_for, .. } => {
                format!("Give the key for {asked_for}: {}.", how_to_give(asked_for))
            }
            Self::NoRecording { .. } => {
                "Add a recording of this request, or replay with a live provider.".to_owned()
            }
            Self::Unsupported { .. } | Self::Cancelled { sent: false } | Self::Setting { .. } => {
                return None;
            }
        };
        Some(hint)
    }
}

/// Where a person gives the key for an origin, in the terminal and in the window.
fn how_to_give(origin: &str) -> String {
    if WebOrigin::parse_base(origin).is_ok_and(|(_, origin)| is_bedrock(&origin)) {
        return "the variables of AWS in the environment".to_owned();
    }
    format!("`plumbline key set --origin {origin}`, or API keys in the window")
}

impl From<ProviderError> for Problem {
    fn from(error: ProviderError) -> Self {
        let code = match &error {
            ProviderError::Refused { .. }
            | ProviderError::Connect { .. }
            | ProviderError::Timeout { .. }
            | ProviderError::Ambiguous { .. }
            | ProviderError::Malformed { .. } => Code::Provider,
            ProviderError::Unsupported { .. }
            | ProviderError::MissingKey { .. }
            | ProviderError::KeyElsewhere { .. }
            | ProviderError::Setting { .. } => Code::BadInput,
            ProviderError::Cancelled { .. } => Code::Cancelled,
            ProviderError::NoRecording { .. } => Code::NotFound,
        };
        Self {
            code,
            message: error.to_string(),
            hint: error.hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(http_status: u16, code: Option<&str>) -> ProviderError {
        ProviderError::Refused {
            at: "https://example.test".to_owned(),
            http_status,
            code: code.map(str::to_owned),
            message: "no".to_owned(),
            retry_after: None,
        }
    }

    #[test]
    fn exactly_the_listed_statuses_are_retryable_and_none_is_ambiguous() {
        let retryable: Vec<u16> = (200..600)
            .filter(|status| refused(*status, None).retryable())
            .collect();
        assert_eq!(retryable, RETRYABLE_STATUSES);
        assert!(!refused(429, Some("insufficient_quota")).retryable());
        assert!((200..600).all(|status| !refused(status, None).ambiguous()));
    }

    #[test]
    fn what_may_have_been_paid_is_never_retryable() {
        let at = || "https://example.test".to_owned();
        let timeout = |phase, sent| ProviderError::Timeout {
            at: at(),
            phase,
            after_ms: 1,
            sent,
        };
        for (error, ambiguous, retryable) in [
            (timeout(Phase::Connect, false), false, true),
            (timeout(Phase::FirstByte, true), true, false),
            (timeout(Phase::Total, true), true, false),
            (ProviderError::Cancelled { sent: true }, true, false),
            (ProviderError::Cancelled { sent: false }, false, false),
            (
                ProviderError::Ambiguous {
                    at: at(),
                    message: String::new(),
                },
                true,
                false,
            ),
            (
                ProviderError::Connect {
                    at: at(),
                    message: String::new(),
                },
                false,
                true,
            ),
            (
                ProviderError::Malformed {
                    at: at(),
                    message: String::new(),
                    is_answer: true,
                },
                true,
                false,
            ),
            (
                ProviderError::Malformed {
                    at: at(),
                    message: String::new(),
                    is_answer: false,
                },
                false,
                false,
            ),
        ] {
            assert_eq!(
                (error.ambiguous(), error.retryable()),
                (ambiguous, retryable),
                "{error:?}"
            );
        }
    }

    #[test]
    fn a_person_is_told_where_and_what_next() {
        let problem = Problem::from(ProviderError::Connect {
            at: "http://127.0.0.1:8000".to_owned(),
            message: "Connection refused (os error 111)".to_owned(),
        });
        assert_eq!(problem.code, Code::Provider);
        assert_eq!(
            problem.hint.as_deref(),
            Some("Is the server running at http://127.0.0.1:8000?")
        );
        assert_eq!(
            Problem::from(ProviderError::Cancelled { sent: true }).code,
            Code::Cancelled
        );
    }
}
