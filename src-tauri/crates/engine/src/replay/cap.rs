//! The hard cap on money: every call reserves its upper bound before it is sent, so parallel calls
//! cannot overshoot together. A call that finds no room waits while others may still give some back.

use plumbline_model::Usd;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// What writing one request down takes, or a little more.
const A_MOMENT: Duration = Duration::from_millis(5);

#[derive(Debug, Default)]
struct Book {
    spent: Usd,
    reserved: Usd,
    /// Reservations that are not settled.
    open: u32,
    /// Of these, requests that went out.
    on_their_way: u32,
}

/// Money of one run.
#[derive(Debug)]
pub(crate) struct Cap {
    limit: Option<Usd>,
    book: Mutex<Book>,
    settled: Notify,
    /// A request that went out came to its end.
    ended: Notify,
}

/// Money set aside for one call; settle it with what the call cost.
#[derive(Debug)]
#[must_use = "a reservation blocks money until it is settled"]
pub(crate) struct Reservation {
    usd: Usd,
    is_on_its_way: bool,
}

impl Cap {
    /// A cap with what the run has spent already; `None` never refuses.
    pub(crate) fn new(limit: Option<Usd>, spent: Usd) -> Self {
        Self {
            limit,
            book: Mutex::new(Book {
                spent,
                ..Book::default()
            }),
            settled: Notify::new(),
            ended: Notify::new(),
        }
    }

    pub(crate) fn is_set(&self) -> bool {
        self.limit.is_some()
    }

    /// Sets aside `upper_bound`. Waits while calls under way hold money, since most give some back;
    /// `None` when nothing is held any more and spent + bound would still pass the cap.
    pub(crate) async fn reserve(&self, upper_bound: Usd) -> Option<Reservation> {
        loop {
            // Made before looking, so that no settlement in between is missed.
            let settled = self.settled.notified();
            match self.try_reserve(upper_bound) {
                Ok(reservation) => return Some(reservation),
                Err(0) => return None,
                Err(_) => settled.await,
            }
        }
    }

    /// Sets aside `upper_bound`, or says how many calls under way hold money.
    fn try_reserve(&self, upper_bound: Usd) -> Result<Reservation, u32> {
        let mut book = self.lock();
        let after = book.spent + book.reserved + upper_bound;
        if self.limit.is_some_and(|limit| after > limit) {
            return Err(book.open);
        }
        book.reserved += upper_bound;
        book.open += 1;
        Ok(Reservation {
            usd: upper_bound,
            is_on_its_way: false,
        })
    }

    /// The request that money was set aside for goes out.
    pub(crate) fn send(&self, reservation: &mut Reservation) {
        if !reservation.is_on_its_way {
            reservation.is_on_its_way = true;
            self.lock().on_their_way += 1;
        }
    }

    /// Waits until a request that is on its way has ended; false when there is none, so nothing will change.
    pub(crate) async fn wait_for_an_end(&self) -> bool {
        // Made before looking, so that no end in between is missed.
        let ended = self.ended.notified();
        let (open, on_their_way) = {
            let book = self.lock();
            (book.open, book.on_their_way)
        };
        match (on_their_way, open) {
            (0, 0) => return false,
            // Whoever has money and is not on its way is being written down, or refused as well.
            (0, _) => tokio::time::sleep(A_MOMENT).await,
            _ => ended.await,
        }
        true
    }

    /// Gives a reservation back and books what was spent; an unknown cost books the whole reservation.
    pub(crate) fn settle(
        &self,
        Reservation { usd, is_on_its_way }: Reservation,
        cost: Option<Usd>,
    ) {
        let mut book = self.lock();
        book.reserved = Usd(book.reserved.0 - usd.0);
        book.spent += cost.unwrap_or(usd);
        book.open = book.open.saturating_sub(1);
        book.on_their_way -= u32::from(is_on_its_way);
        drop(book);
        self.settled.notify_waiters();
        if is_on_its_way {
            self.ended.notify_waiters();
        }
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
                        if let Ok(reservation) = cap.try_reserve(usd("0.01")) {
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
        let reservation = cap.try_reserve(usd("0.6")).unwrap();
        cap.settle(reservation, None);
        assert_eq!(cap.try_reserve(usd("0.6")).unwrap_err(), 0);
    }

    #[tokio::test]
    async fn money_that_others_hold_is_waited_for_and_an_empty_purse_is_not() {
        let cap = Cap::new(Some(usd("1")), Usd::ZERO);
        let held = cap.reserve(usd("0.9")).await.unwrap();
        let (second, ()) = tokio::join!(cap.reserve(usd("0.5")), async {
            tokio::task::yield_now().await;
            cap.settle(held, Some(usd("0.2")));
        });
        cap.settle(second.unwrap(), Some(usd("0.5")));
        assert!(cap.reserve(usd("0.5")).await.is_none());
        assert_eq!(cap.spent(), usd("0.7"));
    }

    #[tokio::test]
    async fn only_what_is_on_its_way_is_waited_for() {
        let cap = Cap::new(None, Usd::ZERO);
        assert!(!cap.wait_for_an_end().await, "nothing is on its way");
        let refused = cap.try_reserve(usd("1")).unwrap();
        assert!(
            cap.wait_for_an_end().await,
            "what is being written down may yet go out"
        );
        let mut sent = cap.try_reserve(usd("1")).unwrap();
        cap.send(&mut sent);
        let (ended, ()) = tokio::join!(cap.wait_for_an_end(), async {
            cap.settle(refused, Some(Usd::ZERO));
            cap.settle(sent, Some(usd("0.5")));
        });
        assert!(ended);
        assert!(!cap.wait_for_an_end().await);
    }

    #[test]
    fn without_a_limit_nothing_is_refused() {
        let cap = Cap::new(None, Usd::ZERO);
        assert!(!cap.is_set());
        assert!(cap.try_reserve(usd("1000000")).is_ok());
    }
}
