//! What is counted of a listening run beside its loss report.

use plumbline_model::UnixNanos;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Shared by the ends of one run; 0 is no time of any arrival.
#[derive(Default)]
pub(super) struct Meter {
    lost: AtomicU64,
    given_up: AtomicU64,
    last_ns: AtomicI64,
}

impl Meter {
    /// Exchanges that passed through the proxy and could not be recorded.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    pub(super) fn lose(&self, exchanges: u64) {
        self.lost.fetch_add(exchanges, Ordering::Relaxed);
    }

    /// Exchanges that were recorded and could not be stored.
    pub(super) fn given_up(&self) -> u64 {
        self.given_up.load(Ordering::Relaxed)
    }

    /// Notes how many were given up until now.
    pub(super) fn give_up(&self, exchanges: u64) {
        self.given_up.store(exchanges, Ordering::Relaxed);
    }

    /// When something was last stored; `None` before the first.
    pub(super) fn last(&self) -> Option<UnixNanos> {
        let last = self.last_ns.load(Ordering::Relaxed);
        (last != 0).then_some(UnixNanos(last))
    }

    pub(super) fn stored(&self, now: UnixNanos) {
        self.last_ns.store(now.0, Ordering::Relaxed);
    }
}
