//! Usage of Ollama's own API: two counts and no parts. Source: ollama's `docs/api.md`.

use super::Usage;

/// The counts as they stand on the last line.
#[derive(Debug, Clone, Copy, Default)]
pub struct OllamaCounts {
    /// `prompt_eval_count`.
    pub prompt_eval: Option<u64>,
    /// `eval_count`.
    pub eval: Option<u64>,
}

impl From<OllamaCounts> for Usage {
    fn from(counts: OllamaCounts) -> Self {
        Self {
            tokens_in: counts.prompt_eval,
            tokens_out: counts.eval,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_not_there_stays_unknown() {
        let counts = OllamaCounts {
            prompt_eval: None,
            eval: Some(9),
        };
        let usage = Usage::from(counts);
        assert_eq!((usage.tokens_in, usage.tokens_out), (None, Some(9)));
    }
}
