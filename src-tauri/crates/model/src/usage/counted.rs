//! Counts of a source that says nothing of its convention: parts may be inside their whole or beside it.

use super::{Usage, add_known};

/// What a source wrote, each count as it stands there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counted {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub total: Option<u64>,
    /// Input that was read from the provider's cache.
    pub read: Option<u64>,
    /// Input that was written to it.
    pub written: Option<u64>,
    pub reasoning: Option<u64>,
}

impl Counted {
    /// The total decides: what it holds beyond input and output are parts that stand beside. So does a part that is
    /// larger than its whole would be, and a source that is known to leave the cache out. What still remains of the
    /// total is kept as it is, as tokens that nobody attributed.
    #[must_use]
    pub fn usage(&self, leaves_cache_out: bool) -> Usage {
        let cache = add_known(self.read, self.written).unwrap_or(0);
        let thought = self.reasoning.unwrap_or(0);
        let both = add_known(self.input, self.output).unwrap_or(0);
        let beyond = self.total.and_then(|total| total.checked_sub(both));
        let all = cache.saturating_add(thought);
        let is_beside = |part: u64, whole: Option<u64>| {
            part > whole.unwrap_or(0) || beyond == Some(part) || beyond == Some(all)
        };
        let cache_beside = cache > 0 && (leaves_cache_out || is_beside(cache, self.input));
        let thought_beside = thought > 0 && is_beside(thought, self.output);
        let with = |count: Option<u64>, part: u64, beside: bool| {
            count.map(|count| count.saturating_add(if beside { part } else { 0 }))
        };
        Usage {
            tokens_in: with(self.input, cache, cache_beside),
            tokens_in_cached: self.read,
            tokens_in_cache_write: self.written,
            tokens_out: with(self.output, thought, thought_beside),
            tokens_reasoning: self.reasoning,
            ..Usage::default()
        }
        .with_total(self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasoned(total: Option<u64>) -> Usage {
        let counted = Counted {
            input: Some(10),
            output: Some(5),
            total,
            reasoning: Some(3),
            ..Counted::default()
        };
        counted.usage(false)
    }

    #[test]
    fn the_total_tells_what_stands_beside() {
        for (total, out, unattributed) in [
            (Some(18), 8, None),
            (Some(15), 5, None),
            (Some(17), 5, Some(2)),
            (Some(14), 5, None),
            (None, 5, None),
        ] {
            let usage = reasoned(total);
            assert_eq!(
                (usage.tokens_out, usage.tokens_unattributed),
                (Some(out), unattributed),
                "{total:?}"
            );
        }
    }

    #[test]
    fn a_part_is_no_larger_than_its_whole() {
        let counted = |read| Counted {
            input: Some(10),
            read: Some(read),
            ..Counted::default()
        };
        assert_eq!(counted(900).usage(false).tokens_in, Some(910));
        assert_eq!(counted(4).usage(false).tokens_in, Some(10));
        assert_eq!(counted(4).usage(true).tokens_in, Some(14));
        assert!(Counted::default().usage(true).is_unreported());
    }
}
