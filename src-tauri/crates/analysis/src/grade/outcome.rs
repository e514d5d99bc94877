//! What one check found, before negation and weight, and how text is quoted in its message.

/// Characters of an answer or value quoted in a message.
const QUOTE_CHARS: usize = 80;

/// What one check found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    /// `None` when the check could not be made.
    pub(super) passed: Option<bool>,
    /// The figure that was compared with a threshold.
    pub(super) score: Option<f64>,
    pub(super) message: String,
}

impl Outcome {
    pub(super) fn pass() -> Self {
        Self::pass_with(String::new())
    }

    /// A pass that tolerated something.
    pub(super) fn pass_with(message: String) -> Self {
        Self {
            passed: Some(true),
            score: None,
            message,
        }
    }

    pub(super) fn fail(message: impl Into<String>) -> Self {
        Self {
            passed: Some(false),
            score: None,
            message: message.into(),
        }
    }

    pub(super) fn ungraded(reason: impl Into<String>) -> Self {
        Self {
            passed: None,
            score: None,
            message: reason.into(),
        }
    }

    pub(super) fn pass_or(passed: bool, otherwise: impl FnOnce() -> String) -> Self {
        if passed {
            Self::pass()
        } else {
            Self::fail(otherwise())
        }
    }

    /// Passes when `score` reaches `min`; `name` says what was measured.
    pub(super) fn at_least(name: &str, score: f64, min: f64) -> Self {
        Self::pass_or(score >= min, || {
            format!("{name} is {score:.4}, below {min}")
        })
        .scored(score)
    }

    /// With a better reason, where it could not be made.
    pub(super) fn or_because(self, reason: Option<&String>) -> Self {
        match (self.passed, reason) {
            (None, Some(reason)) => Self::ungraded(reason),
            _ => self,
        }
    }

    pub(super) fn scored(self, score: f64) -> Self {
        Self {
            score: Some(score),
            ..self
        }
    }

    /// The opposite; what could not be made stays so.
    pub(super) fn negated(self) -> Self {
        match self.passed {
            Some(true) => Self {
                passed: Some(false),
                message: "this holds, and must not".to_owned(),
                ..self
            },
            Some(false) => Self {
                passed: Some(true),
                message: String::new(),
                ..self
            },
            None => self,
        }
    }
}

/// A text within limits that keep a check cheap, else the reason why it is not made.
pub(super) fn within<'t>(what: &str, text: &'t str, max_bytes: usize) -> Result<&'t str, Outcome> {
    if text.len() <= max_bytes {
        Ok(text)
    } else {
        Err(Outcome::ungraded(format!(
            "{what} has {} bytes; this check reads at most {max_bytes}",
            text.len()
        )))
    }
}

pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(QUOTE_CHARS * 2) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

pub(super) fn quote(text: &str) -> String {
    match text.char_indices().nth(QUOTE_CHARS) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}
