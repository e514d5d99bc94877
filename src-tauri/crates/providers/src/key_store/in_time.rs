//! A call that may never come back, on a thread of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// Who answers such calls. After one that hangs the next are not made until it has come back, so that no
/// threads pile up behind it.
#[derive(Clone, Default)]
pub(super) struct Slow {
    hangs: Arc<AtomicBool>,
}

impl Slow {
    /// What `work` gives within `limit`, else `None`. An answer that comes later goes to `too_late`.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
        too_late: impl FnOnce(T) + Send + 'static,
    ) -> Option<T> {
        if self.hangs.load(Ordering::SeqCst) {
            return None;
        }
        // Without room for an answer: it is either taken or known to be too late.
        let (give, take) = sync_channel(0);
        let hangs = Arc::clone(&self.hangs);
        std::thread::Builder::new()
            .name("plumbline-keyring".to_owned())
            .spawn(move || {
                let Ok(answer) = catch_unwind(AssertUnwindSafe(work)) else {
                    hangs.store(false, Ordering::SeqCst);
                    return;
                };
                if let Err(unwanted) = give.send(answer) {
                    too_late(unwanted.0);
                    hangs.store(false, Ordering::SeqCst);
                }
            })
            .ok()?;
        match take.recv_timeout(limit) {
            Ok(answer) => Some(answer),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                self.hangs.store(true, Ordering::SeqCst);
                None
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Instant;

    const LONG: Duration = Duration::from_secs(30);
    const SHORT: Duration = Duration::from_millis(20);

    #[test]
    fn a_call_that_hangs_costs_its_limit_once_and_is_asked_again_when_it_has_come_back() {
        let slow = Slow::default();
        let (release, wait) = channel::<()>();
        let (late, was_late) = channel();
        let hanging = move || {
            let _ = wait.recv();
            7
        };
        let begun = Instant::now();
        assert_eq!(
            slow.ask(SHORT, hanging, move |n| late.send(n).unwrap()),
            None
        );
        assert_eq!(slow.ask(LONG, || 8, |_| ()), None, "it still hangs");
        assert!(begun.elapsed() < LONG);
        release.send(()).unwrap();
        assert_eq!(was_late.recv_timeout(LONG), Ok(7));
        let begun = Instant::now();
        while slow.ask(LONG, || 9, |_| ()) != Some(9) {
            assert!(begun.elapsed() < LONG, "it is never asked again");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_call_that_breaks_is_no_answer() {
        let slow = Slow::default();
        let broken = || -> u8 { panic!("a fault of the keyring's own") };
        assert_eq!(slow.ask(LONG, broken, |_| ()), None);
        assert_eq!(slow.ask(LONG, || 1, |_| ()), Some(1));
    }
}
