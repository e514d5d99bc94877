//! How many calls a provider is given at once: fewer when it says that it has too much, then slowly more.
//!
//! Additive increase, multiplicative decrease, as in TCP (Chiu and Jain, 1989). Pure: time is passed in.

use std::time::{Duration, Instant};

/// Refusals that come together are one sign: the calls behind them were sent before the first was seen.
const ONE_SIGN: Duration = Duration::from_millis(500);

/// The limit of one provider and model.
#[derive(Debug, Clone)]
pub struct AdaptiveLimit {
    most: f64,
    now: f64,
    lowered: Option<Instant>,
}

impl AdaptiveLimit {
    /// Begins at `most` calls at once and never goes above.
    #[must_use]
    pub fn new(most: u32) -> Self {
        let most = f64::from(most.max(1));
        Self {
            most,
            now: most,
            lowered: None,
        }
    }

    /// Calls that may be on their way at once, at least 1.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.now as u32
    }

    /// True while it is below what was asked for.
    #[must_use]
    pub fn is_lowered(&self) -> bool {
        self.calls() < self.most as u32
    }

    /// A call was answered: after as many as the limit, it is one higher.
    pub fn served(&mut self) {
        self.now = (self.now + 1.0 / self.now).min(self.most);
    }

    /// A call was refused since the provider has too much to do: half as many from now on.
    pub fn refused(&mut self, at: Instant) {
        let is_new = self
            .lowered
            .is_none_or(|lowered| at.saturating_duration_since(lowered) >= ONE_SIGN);
        if is_new {
            self.now = (self.now / 2.0).max(1.0);
            self.lowered = Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_once_for_refusals_that_come_together_and_never_ends_at_none() {
        let start = Instant::now();
        let mut limit = AdaptiveLimit::new(16);
        for _ in 0..16 {
            limit.refused(start);
        }
        assert_eq!(limit.calls(), 8);
        for second in 1..10 {
            limit.refused(start + Duration::from_secs(second));
        }
        assert_eq!(limit.calls(), 1);
    }

    #[test]
    fn answers_raise_it_by_one_a_round_up_to_what_was_asked_for() {
        let mut limit = AdaptiveLimit::new(8);
        limit.refused(Instant::now());
        assert_eq!(limit.calls(), 4);
        for _ in 0..5 {
            limit.served();
        }
        assert_eq!(limit.calls(), 5);
        for _ in 0..1_000 {
            limit.served();
        }
        assert_eq!(limit.calls(), 8);
    }
}
