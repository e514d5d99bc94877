//! How a call was served, where that decides what it costs.

use crate::{Completion, Span};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A way of being served that has prices of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ServiceTier {
    #[default]
    Standard,
    /// Answered within a day, as a line of a batch.
    Batch,
    /// Slower and cheaper.
    Flex,
    /// Faster and dearer.
    Priority,
    /// The same model on faster hardware.
    Fast,
}

impl ServiceTier {
    /// The word used in files and in the units of a cost.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Batch => "batch",
            Self::Flex => "flex",
            Self::Priority => "priority",
            Self::Fast => "fast",
        }
    }

    /// The tier that a vendor's answer names; every other word is the standard one.
    #[must_use]
    pub fn named(word: &str) -> Self {
        match word {
            "batch" => Self::Batch,
            "flex" => Self::Flex,
            "priority" => Self::Priority,
            "fast" => Self::Fast,
            _ => Self::Standard,
        }
    }
}

impl Span {
    /// What the tags say that reading a log leaves: `batch`, `service_tier`, `speed`.
    #[must_use]
    pub fn service_tier(&self) -> ServiceTier {
        let tag = |name: &str| self.tags.get(name).map(String::as_str);
        if tag("batch") == Some("true") {
            return ServiceTier::Batch;
        }
        match tag("service_tier").map(ServiceTier::named) {
            None | Some(ServiceTier::Standard) => {}
            Some(tier) => return tier,
        }
        match tag("speed") {
            Some("fast") => ServiceTier::Fast,
            _ => ServiceTier::Standard,
        }
    }
}

impl Completion {
    /// The tier that the vendor says it answered in.
    #[must_use]
    pub fn service_tier(&self) -> ServiceTier {
        let word = self
            .extras
            .as_ref()
            .and_then(|extras| extras.get("service_tier"));
        let word = word.and_then(serde_json::Value::as_str);
        word.map_or(ServiceTier::Standard, ServiceTier::named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SpanKind, UnixNanos};

    #[test]
    fn tags_tell_the_tier_and_a_word_nobody_knows_is_standard() {
        for (name, value, tier) in [
            ("batch", "true", ServiceTier::Batch),
            ("batch", "17", ServiceTier::Standard),
            ("service_tier", "batch", ServiceTier::Batch),
            ("service_tier", "priority", ServiceTier::Priority),
            ("service_tier", "default", ServiceTier::Standard),
            ("speed", "fast", ServiceTier::Fast),
            ("speed", "standard", ServiceTier::Standard),
        ] {
            let mut span = Span::new("t", "s", SpanKind::Llm, UnixNanos(0));
            span.tags.insert(name.to_owned(), value.to_owned());
            assert_eq!(span.service_tier(), tier, "{name}={value}");
        }
    }
}
