//! Exchanges of the proxy whose batch could not be stored. Nobody sends them again, so they wait here for a better
//! moment: a lock or a full disk passes. What fails alone for another reason is given up, and the report says why.

use super::record::Exchange;
use plumbline_workspace::WorkspaceError;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Exchanges that wait; their bytes have a bound of their own.
const WAITING: usize = 1_000;
/// How long they rest before they are tried again.
const REST: Duration = Duration::from_secs(1);

/// Exchanges that were given up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GivenUp {
    pub(super) count: u64,
    /// Why the last of them could not be stored.
    pub(super) why: String,
}

#[derive(Default)]
pub(super) struct Again {
    waiting: VecDeque<Exchange>,
    lost: GivenUp,
    /// Why the last one could not be stored, and when.
    refused: Option<(String, Instant)>,
}

impl Again {
    /// Keeps an exchange that was not stored; `may_pass` for a reason that may be gone the next time.
    pub(super) fn keep(&mut self, mut exchange: Exchange, may_pass: bool, why: &WorkspaceError) {
        self.refused = Some((why.to_string(), Instant::now()));
        // In a batch another one may have been the reason.
        let may_pass = may_pass || !exchange.is_again;
        if may_pass && self.waiting.len() < WAITING {
            exchange.is_again = true;
            self.waiting.push_back(exchange);
        } else {
            self.lose(1);
        }
    }

    /// Those that wait, to be tried in turn.
    pub(super) fn take(&mut self) -> VecDeque<Exchange> {
        self.refused = None;
        std::mem::take(&mut self.waiting)
    }

    /// True when one was refused since the last `take`, and others may as well wait.
    pub(super) fn is_refused(&self) -> bool {
        self.refused.is_some() && !self.waiting.is_empty()
    }

    /// Lets one wait on that was not tried.
    pub(super) fn put_back(&mut self, exchange: Exchange) {
        self.waiting.push_back(exchange);
    }

    pub(super) fn is_time(&self) -> bool {
        let rested = self.refused.as_ref();
        !self.waiting.is_empty() && rested.is_none_or(|(_, since)| since.elapsed() >= REST)
    }

    /// Nothing more can be tried.
    pub(super) fn give_up(&mut self) {
        let left = self.waiting.len();
        self.waiting.clear();
        self.lose(left as u64);
    }

    fn lose(&mut self, count: u64) {
        self.lost.count += count;
        if let Some((why, _)) = &self.refused {
            self.lost.why.clone_from(why);
        }
    }

    pub(super) fn lost(&self) -> &GivenUp {
        &self.lost
    }
}
