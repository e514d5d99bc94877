//! How much may come out of what is packed, and the meter that watches it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

const MIB: u64 = 1024 * 1024;

/// Bounds on what is unpacked. Reaching one ends the reading of that source; what was read before stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Bytes that may come out whatever the ratio.
    pub free_bytes: u64,
    /// Beyond that, bytes out for each byte in. Logs that repeat themselves reach 30.
    pub ratio: u64,
    /// Bytes that may come out of one source.
    pub total_bytes: u64,
    /// Members of one archive, those that are passed over among them.
    pub entries: u64,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self {
            free_bytes: 64 * MIB,
            ratio: 200,
            total_bytes: 20 * 1024 * MIB,
            entries: 100_000,
        }
    }
}

/// Counts what goes into and comes out of one source, however many layers it is packed in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Rc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    limits: ArchiveLimits,
    /// The size of the source, where it is known: overlapping members cannot take in more than that.
    size: Option<u64>,
    taken: Cell<u64>,
    given: Cell<u64>,
    over: RefCell<Option<String>>,
}

impl Meter {
    pub(crate) fn new(limits: ArchiveLimits, size: Option<u64>) -> Self {
        Self(Rc::new(Counts {
            limits,
            size,
            ..Counts::default()
        }))
    }

    pub(crate) fn limits(&self) -> &ArchiveLimits {
        &self.0.limits
    }

    /// Counts packed bytes that were read.
    pub(crate) fn take(&self, bytes: u64) {
        self.0.taken.set(self.0.taken.get().saturating_add(bytes));
    }

    /// Counts bytes that came out; the limit that is thereby reached, as the end of a sentence about the source.
    pub(crate) fn give(&self, bytes: u64) -> Option<String> {
        let given = self.0.given.get().saturating_add(bytes);
        self.0.given.set(given);
        let taken = self.0.taken.get().min(self.0.size.unwrap_or(u64::MAX));
        let limits = &self.0.limits;
        let over = if given > limits.free_bytes && given / limits.ratio.max(1) > taken {
            format!(
                "expands more than {} times, as a bomb does (the limit beyond the first {})",
                limits.ratio,
                size(limits.free_bytes)
            )
        } else if given > limits.total_bytes {
            format!(
                "gives more than {} (the limit for one source)",
                size(limits.total_bytes)
            )
        } else {
            return None;
        };
        self.0.over.borrow_mut().get_or_insert(over.clone());
        Some(over)
    }

    /// The first limit that was reached, if one was.
    pub(crate) fn over(&self) -> Option<String> {
        self.0.over.borrow().clone()
    }
}

fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1024 * MIB, "GiB"), (MIB, "MiB"), (1024, "KiB")];
    for (unit, name) in UNITS {
        if bytes >= unit && bytes.is_multiple_of(unit) {
            return format!("{} {name}", bytes / unit);
        }
    }
    format!("{bytes} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_counts_only_beyond_the_free_bytes_and_against_no_more_than_the_source_holds() {
        let limits = ArchiveLimits {
            free_bytes: 1_000,
            ratio: 10,
            total_bytes: 5_000,
            entries: 1,
        };
        let meter = Meter::new(limits, Some(200));
        meter.take(50);
        assert_eq!(meter.give(1_000), None, "free");
        assert!(meter.give(1).is_some_and(|over| over.contains("10 times")));
        let overlapping = Meter::new(limits, Some(200));
        overlapping.take(1_000_000);
        assert_eq!(overlapping.give(2_000), None);
        assert!(overlapping.give(100).is_some(), "200 bytes hold no 2,100");
        let honest = Meter::new(limits, None);
        honest.take(5_000);
        assert_eq!(honest.give(5_000), None);
        assert!(
            honest
                .give(1)
                .is_some_and(|over| over.contains("5000 bytes"))
        );
        assert!(honest.over().is_some());
    }
}
