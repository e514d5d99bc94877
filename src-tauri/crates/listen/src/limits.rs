//! What one client, and all of them together, may take.

use std::time::Duration;

/// Bounds of a server. The default is what a person's machine can well give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at once; more wait to be accepted.
    pub connections: usize,
    /// Bytes of one body, after it is unpacked.
    pub body_bytes: usize,
    /// Bytes of all bodies that are being read, or read and not yet stored.
    pub waiting_bytes: usize,
    /// Time for the head of a request, and between two requests of a connection.
    pub head: Duration,
    /// Time for the whole body of a request.
    pub body: Duration,
    /// Time in which a client takes something of an answer that waits for it.
    pub answer: Duration,
    /// Time that requests under way get when the server stops.
    pub farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 64,
            body_bytes: 20 * 1024 * 1024,
            waiting_bytes: 64 * 1024 * 1024,
            head: Duration::from_secs(10),
            body: Duration::from_secs(30),
            answer: Duration::from_secs(30),
            farewell: Duration::from_millis(1_500),
        }
    }
}
