//! The traces that a filter leaves.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// A set of trace ids, by hash.
pub(crate) struct ListedTraces {
    hashes: HashSet<u64, BuildHasherDefault<AsItIs>>,
    hasher: RandomState,
}

impl ListedTraces {
    /// None yet; `hasher` is the one that the column of traces was made with.
    pub(super) fn new(hasher: RandomState) -> Self {
        Self {
            hashes: HashSet::default(),
            hasher,
        }
    }

    pub(super) fn insert(&mut self, hash: u64) {
        self.hashes.insert(hash);
    }

    pub(crate) fn holds(&self, trace_id: &str) -> bool {
        self.hashes.contains(&self.hasher.hash_one(trace_id))
    }

    pub(crate) fn len(&self) -> u64 {
        self.hashes.len() as u64
    }
}

/// The keys are hashes already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}
