//! The hard cap on money: every call reserves its upper bound before it is sent, so parallel calls
//! cannot overshoot together.

use plumbline_model::Usd;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
struct Book {
    spent: Usd,
    reserved: Usd,
}

/// Money of one run.
#[derive(Debug)]
pub(crate) struct Cap {
    limit: Option<Usd>,
    book: Mutex<Book>,
}

/// Money set aside for one call; settle it with what the call cost.
#[derive(Debug)]
#[must_use = "a reservation blocks money until it is settled"]
pub(crate) struct Reservation(Usd);

impl Cap {
    /// A cap with what the run has spent already; `None` never refuses.
    pub(crate) fn new(limit: Option<Usd>, spent: Usd) -> Self {
        Self {
            limit,
            book: Mutex::new(Book {
                spent,
                reserved: Usd::ZERO,
            }),
        }
    }

    pub(crate) fn is_set(&self) -> bool {
        self.limit.is_some()
    }

    /// Sets aside `upper_bound`, or refuses because spent + reserved + bound would pass the cap.
    pub(crate) fn reserve(&self, upper_bound: Usd) -> Option<Reservation> {
        let mut book = self.lock();
        let after = book.spent + book.reserved + upper_bound;
        if self.limit.is_some_and(|limit| after > limit) {
            return None;
        }
        book.reserved += upper_bound;
        Some(Reservation(upper_bound))
    }

    /// Gives a reservation back and books what was spent; an unknown cost books the whole reservation.
    pub(crate) fn settle(&self, Reservation(reserved): Reservation, cost: Option<Usd>) {
        let mut book = self.lock();
        book.reserved = Usd(book.reserved.0 - reserved.0);
        book.spent += cost.unwrap_or(reserved);
    }

    /// Money spent so far.
    pub(crate) fn spent(&self) -> Usd {
        self.lock().spent
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Usd {
        text.parse().unwrap()
    }

    #[test]
    fn a_thousand_parallel_calls_never_pass_a_cap_for_a_hundred() {
        let cap = Cap::new(Some(usd("1.00")), Usd::ZERO);
        let sent = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..125 {
                        if let Some(reservation) = cap.reserve(usd("0.01")) {
                            sent.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                            cap.settle(reservation, Some(usd("0.01")));
                        }
                    }
                });
            }
        });
        assert_eq!(
            sent.into_inner(),
            100,
            "exactly the calls the cap pays for are sent"
        );
        assert_eq!(cap.spent(), usd("1.00"));
    }

    #[test]
    fn an_unknown_cost_counts_as_the_most_it_can_be() {
        let cap = Cap::new(Some(usd("1")), Usd::ZERO);
        let reservation = cap.reserve(usd("0.6")).unwrap();
        cap.settle(reservation, None);
        assert!(cap.reserve(usd("0.6")).is_none());
    }

    #[test]
    fn without_a_limit_nothing_is_refused() {
        let cap = Cap::new(None, Usd::ZERO);
        assert!(!cap.is_set());
        assert!(cap.reserve(usd("1000000")).is_some());
    }
}
