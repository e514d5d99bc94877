//! Log-probabilities of tokens, as OpenAI and those after it write them, kept up to a bound.
//!
//! They are a by-product: one that is in no known shape is left out and never spoils its answer.

use crate::wire::Text;
use plumbline_model::{TokenAlternative, TokenLogprob};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Most tokens that are kept, and most alternatives of each.
const MAX_TOKENS: usize = 4_096;
pub(crate) const MAX_ALTERNATIVES: usize = 20;

/// `{"token", "logprob", "top_logprobs"}`
#[derive(Deserialize)]
struct WireToken<'a> {
    #[serde(borrow)]
    token: Text<'a>,
    logprob: f64,
    #[serde(borrow, default)]
    top_logprobs: Vec<WireAlternative<'a>>,
}

#[derive(Deserialize)]
struct WireAlternative<'a> {
    #[serde(borrow)]
    token: Text<'a>,
    logprob: f64,
}

impl From<WireToken<'_>> for TokenLogprob {
    fn from(wire: WireToken<'_>) -> Self {
        let top = wire.top_logprobs.into_iter().take(MAX_ALTERNATIVES);
        Self {
            token: wire.token.0.into_owned(),
            logprob: wire.logprob,
            top: top
                .map(|other| TokenAlternative {
                    token: other.token.0.into_owned(),
                    logprob: other.logprob,
                })
                .collect(),
        }
    }
}

/// The tokens of one answer so far.
#[derive(Debug, Default)]
pub(crate) struct Logprobs {
    kept: Vec<TokenLogprob>,
    beyond: u64,
}

impl Logprobs {
    /// Adds the tokens of a JSON array in OpenAI's shape.
    pub(crate) fn add_array(&mut self, raw: Option<&RawValue>) {
        let tokens = raw.and_then(|raw| serde_json::from_str::<Vec<WireToken<'_>>>(raw.get()).ok());
        for token in tokens.into_iter().flatten() {
            self.add(token.into());
        }
    }

    pub(crate) fn add(&mut self, token: TokenLogprob) {
        if self.kept.len() < MAX_TOKENS {
            self.kept.push(token);
        } else {
            self.beyond = self.beyond.saturating_add(1);
        }
    }

    /// What was kept, and a sentence about what was not.
    pub(crate) fn into_parts(self) -> (Vec<TokenLogprob>, Option<String>) {
        let beyond = self.beyond;
        let sentence = (beyond > 0)
            .then(|| format!("`logprobs`: {beyond} tokens beyond the first {MAX_TOKENS}"));
        (self.kept, sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn add(logprobs: &mut Logprobs, json: &serde_json::Value) {
        let raw = RawValue::from_string(json.to_string()).unwrap();
        logprobs.add_array(Some(&raw));
    }

    #[test]
    fn tokens_and_alternatives_are_kept_up_to_their_bounds() {
        let mut logprobs = Logprobs::default();
        let top = vec![json!({"token": "x", "logprob": -2.5, "bytes": [1]}); 30];
        add(
            &mut logprobs,
            &json!([{"token": "a", "logprob": -0.5, "top_logprobs": top}]),
        );
        let many = vec![json!({"token": "b", "logprob": 0}); 5_000];
        add(&mut logprobs, &json!(many));
        let (kept, sentence) = logprobs.into_parts();
        assert_eq!((kept.len(), kept[0].top.len()), (4_096, 20));
        assert_eq!(
            sentence.unwrap(),
            "`logprobs`: 905 tokens beyond the first 4096"
        );
    }

    #[test]
    fn another_shape_is_left_out() {
        let mut logprobs = Logprobs::default();
        for shape in [json!({"tokens": ["a"]}), json!([{"token": 7}]), json!(null)] {
            add(&mut logprobs, &shape);
        }
        assert_eq!(logprobs.into_parts(), (Vec::new(), None));
    }
}
