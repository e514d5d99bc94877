//! How a server is doing, for others to read while it runs.

use crate::limits::Limits;
use crate::room::Room;
use std::sync::atomic::{AtomicU64, Ordering};

/// Made for one server, shared with whoever shows it.
#[derive(Debug)]
pub struct Traffic {
    /// Room for the bodies of exports.
    pub(crate) room: Room,
    /// Room for the copies of what passes through the proxy.
    pub(crate) copies: Room,
    refused: AtomicU64,
}

impl Traffic {
    /// That of a server with these limits, before its first request.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            room: Room::of(limits.waiting_bytes),
            copies: Room::of(limits.waiting_bytes),
            refused: AtomicU64::new(0),
        }
    }

    /// Bytes that are being read, or read and not yet stored.
    #[must_use]
    pub fn waiting_bytes(&self) -> usize {
        self.room.taken_bytes() + self.copies.taken_bytes()
    }

    /// Requests that were not answered as asked.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }
}
