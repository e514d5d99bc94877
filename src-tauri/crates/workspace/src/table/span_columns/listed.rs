//! The traces that a filter leaves.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// A set of traces, by their rows.
#[derive(Default)]
pub(crate) struct ListedTraces(HashSet<i64, BuildHasherDefault<Spread>>);

impl ListedTraces {
    pub(super) fn insert(&mut self, trace: i64) {
        self.0.insert(trace);
    }

    pub(crate) fn holds(&self, trace: i64) -> bool {
        self.0.contains(&trace)
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.len() as u64
    }
}

/// Rows are numbers of ours, one after the other: spreading them over the 64 bits is all the hashing they need.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0.rotate_left(8) ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, key: u64) {
        // 2^64 divided by the golden ratio.
        self.0 = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_i64(&mut self, key: i64) {
        self.write_u64(key.cast_unsigned());
    }
}
