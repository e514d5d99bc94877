//! A circuit breaker: a provider that is down is left alone, then tried with one call (Nygard, "Release It!", 2007).
//!
//! Pure: time is passed in. It counts failures in a row, since a provider that answers every third call is up.

use crate::ProviderError;
use std::time::{Duration, Instant};

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Failures in a row that open it.
    pub failures: u32,
    /// How long it stays open at first; it doubles with each trial that fails.
    pub first_open: Duration,
    pub longest_open: Duration,
    /// Trials that fail before it is given up.
    pub trials: u32,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            failures: 10,
            first_open: Duration::from_secs(1),
            longest_open: Duration::from_secs(30),
            trials: 6,
        }
    }
}

/// What a breaker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go out.
    Closed,
    /// No call goes out.
    Open,
    /// One call is on its way to see whether others may follow.
    HalfOpen,
    /// It stayed down for all trials.
    GivenUp,
}

/// Whether a call may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    Go(Pass),
    /// Ask again after this long, or when a call has ended.
    Wait(Duration),
    GiveUp,
}

/// A call that may go out; its end is told to the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a trial that is never ended keeps the breaker half open"]
pub struct Pass {
    is_trial: bool,
}

/// What the end of a call says about its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It answered, be it with a refusal.
    Up,
    /// It answered that it has too much to do.
    Busy,
    /// It failed or was not there.
    Down,
    /// Nothing, such as a call that was cancelled.
    Unknown,
}

impl Health {
    /// What a failure says.
    #[must_use]
    pub fn of(error: &ProviderError) -> Self {
        match error {
            ProviderError::Refused {
                http_status: 429, ..
            } => Self::Busy,
            ProviderError::Refused { http_status, .. } if *http_status >= 500 => Self::Down,
            ProviderError::Connect { .. }
            | ProviderError::Timeout { .. }
            | ProviderError::Ambiguous { .. } => Self::Down,
            ProviderError::Refused { .. } | ProviderError::Malformed { .. } => Self::Up,
            _ => Self::Unknown,
        }
    }
}

/// The breaker of one provider and model.
#[derive(Debug, Clone)]
pub struct Breaker {
    policy: BreakerPolicy,
    failed_in_a_row: u32,
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    until: Instant,
    wait: Duration,
    trials_failed: u32,
    has_trial: bool,
}

impl Breaker {
    #[must_use]
    pub fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            failed_in_a_row: 0,
            open: None,
        }
    }

    #[must_use]
    pub fn state(&self) -> BreakerState {
        match self.open {
            None => BreakerState::Closed,
            Some(open) if open.trials_failed >= self.policy.trials => BreakerState::GivenUp,
            Some(open) if open.has_trial => BreakerState::HalfOpen,
            Some(_) => BreakerState::Open,
        }
    }

    /// Asks for leave to send a call.
    pub fn ask(&mut self, now: Instant) -> Leave {
        let trials = self.policy.trials;
        match &mut self.open {
            None => Leave::Go(Pass { is_trial: false }),
            Some(open) if open.trials_failed >= trials => Leave::GiveUp,
            Some(open) if open.has_trial => Leave::Wait(self.policy.longest_open),
            Some(open) if now < open.until => Leave::Wait(open.until - now),
            Some(open) => {
                open.has_trial = true;
                Leave::Go(Pass { is_trial: true })
            }
        }
    }

    /// Tells how a call ended that had leave.
    pub fn ended(&mut self, Pass { is_trial }: Pass, health: Health, now: Instant) {
        match (health, &mut self.open) {
            // Whichever call it was, it was answered.
            (Health::Up | Health::Busy, _) => {
                self.open = None;
                self.failed_in_a_row = 0;
            }
            (Health::Down, Some(open)) if is_trial => {
                open.has_trial = false;
                open.trials_failed += 1;
                open.wait = (open.wait * 2).min(self.policy.longest_open);
                open.until = now + open.wait;
            }
            (Health::Down, None) => {
                self.failed_in_a_row += 1;
                if self.failed_in_a_row >= self.policy.failures {
                    let wait = self.policy.first_open;
                    self.open = Some(Open {
                        until: now + wait,
                        wait,
                        trials_failed: 0,
                        has_trial: false,
                    });
                }
            }
            (Health::Unknown, Some(open)) if is_trial => open.has_trial = false,
            (Health::Down | Health::Unknown, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: BreakerPolicy = BreakerPolicy {
        failures: 3,
        first_open: Duration::from_secs(1),
        longest_open: Duration::from_secs(3),
        trials: 3,
    };

    fn go(breaker: &mut Breaker, now: Instant) -> Pass {
        match breaker.ask(now) {
            Leave::Go(pass) => pass,
            other => panic!("{other:?}"),
        }
    }

    fn opened(now: Instant) -> Breaker {
        let mut breaker = Breaker::new(POLICY);
        for _ in 0..3 {
            let pass = go(&mut breaker, now);
            breaker.ended(pass, Health::Down, now);
        }
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_one_answer_between_them_does_not() {
        let now = Instant::now();
        let mut breaker = Breaker::new(POLICY);
        for health in [
            Health::Down,
            Health::Down,
            Health::Busy,
            Health::Down,
            Health::Down,
        ] {
            let pass = go(&mut breaker, now);
            breaker.ended(pass, health, now);
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
        let pass = go(&mut breaker, now);
        breaker.ended(pass, Health::Down, now);
        assert_eq!(breaker.state(), BreakerState::Open);
        assert_eq!(breaker.ask(now), Leave::Wait(Duration::from_secs(1)));
    }

    #[test]
    fn one_trial_goes_out_and_its_answer_closes_it() {
        let start = Instant::now();
        let mut breaker = opened(start);
        let later = start + Duration::from_secs(1);
        let trial = go(&mut breaker, later);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert!(
            matches!(breaker.ask(later), Leave::Wait(_)),
            "a single trial"
        );
        breaker.ended(trial, Health::Up, later);
        assert_eq!(breaker.state(), BreakerState::Closed);
        let _ = go(&mut breaker, later);
    }

    #[test]
    fn trials_that_fail_come_later_each_time_and_then_no_more() {
        let mut now = Instant::now();
        let mut breaker = opened(now);
        for wait in [1, 2, 3] {
            assert_eq!(breaker.ask(now), Leave::Wait(Duration::from_secs(wait)));
            now += Duration::from_secs(wait);
            let trial = go(&mut breaker, now);
            breaker.ended(trial, Health::Down, now);
        }
        assert_eq!(breaker.state(), BreakerState::GivenUp);
        assert_eq!(breaker.ask(now + Duration::from_secs(3_600)), Leave::GiveUp);
    }

    #[test]
    fn calls_that_were_on_their_way_are_no_trials_and_a_cancelled_trial_frees_its_place() {
        let start = Instant::now();
        let mut breaker = Breaker::new(POLICY);
        let early: Vec<Pass> = (0..5).map(|_| go(&mut breaker, start)).collect();
        for pass in &early[..4] {
            breaker.ended(*pass, Health::Down, start);
        }
        assert_eq!(breaker.state(), BreakerState::Open);
        let later = start + Duration::from_secs(1);
        let trial = go(&mut breaker, later);
        breaker.ended(early[4], Health::Down, later);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.ended(trial, Health::Unknown, later);
        assert_eq!(breaker.state(), BreakerState::Open);
        let _ = go(&mut breaker, later);
    }
}
