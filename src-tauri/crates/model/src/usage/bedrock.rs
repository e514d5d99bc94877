//! Usage of Amazon Bedrock's Converse: as Anthropic's, input leaves the cached parts out.
//!
//! Source: AWS's API reference (`TokenUsage`, `CacheDetail`).

use super::{Usage, with_cache};

/// The counts as they stand on the wire.
#[derive(Debug, Clone, Copy, Default)]
pub struct BedrockCounts {
    /// `inputTokens`: neither read from the cache nor written to it.
    pub fresh: Option<u64>,
    /// `cacheReadInputTokens`.
    pub read: Option<u64>,
    /// `cacheWriteInputTokens`.
    pub written: Option<u64>,
    /// `inputTokens` of the `cacheDetails` whose `ttl` is `1h`.
    pub written_1h: Option<u64>,
    pub output: Option<u64>,
    pub total: Option<u64>,
}

impl From<BedrockCounts> for Usage {
    fn from(counts: BedrockCounts) -> Self {
        Self {
            tokens_in: with_cache(counts.fresh, counts.read, counts.written),
            tokens_in_cached: counts.read,
            tokens_in_cache_write: counts.written,
            tokens_in_cache_write_1h: counts.written_1h.filter(|tokens| *tokens > 0),
            tokens_out: counts.output,
            ..Self::default()
        }
        .with_total(counts.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_explained_by_the_cache() {
        let usage = Usage::from(BedrockCounts {
            fresh: Some(10),
            read: Some(80),
            written: Some(5),
            written_1h: Some(5),
            output: Some(3),
            total: Some(98),
        });
        let expected = Usage {
            tokens_in_cached: Some(80),
            tokens_in_cache_write: Some(5),
            tokens_in_cache_write_1h: Some(5),
            ..Usage::of(95, 3)
        };
        assert_eq!(usage, expected);
    }
}
