//! The way out to each provider and model: how many calls at once, when to pause, and when to leave it alone.

use super::RECORDED;
use crate::api::{BreakerWord, ModelTraffic};
use plumbline_model::Target;
use plumbline_providers::ProviderError;
use plumbline_providers::adaptive_limit::AdaptiveLimit;
use plumbline_providers::breaker::{Breaker, BreakerPolicy, BreakerState, Health, Leave, Pass};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Every gate of a run.
#[derive(Debug)]
pub(super) struct Traffic(BTreeMap<Target, Gate>);

/// The gate of one provider and model.
#[derive(Debug)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    breaker: Breaker,
    limit: AdaptiveLimit,
    on_their_way: u32,
    /// The provider asked for quiet until then.
    quiet_until: Option<Instant>,
    kept_back: u64,
    waiting: u32,
}

/// Whether a call may go out.
#[derive(Debug)]
pub(super) enum Entered {
    Yes(Slot),
    /// The provider stayed down: no call goes out any more.
    GivenUp,
    Cancelled,
}

/// A place among the calls that are on their way.
#[derive(Debug)]
#[must_use = "a place that is never left is lost"]
pub(super) struct Slot(Pass);

impl Traffic {
    /// A gate for each target, with at most `concurrency` calls at once.
    pub(super) fn new<'t>(targets: impl Iterator<Item = &'t Target>, concurrency: u32) -> Self {
        Self(
            targets
                .map(|target| {
                    (
                        target.clone(),
                        Gate::new(concurrency, BreakerPolicy::default()),
                    )
                })
                .collect(),
        )
    }

    pub(super) fn gate(&self, target: &Target) -> Option<&Gate> {
        self.0.get(target)
    }

    /// What is not as usual, such as `openai:gpt-4.1-mini: breaker open`; empty when all is.
    pub(super) fn note(&self) -> String {
        let notes = self.0.iter().filter_map(|(target, gate)| {
            let state = gate.lock();
            let text = match state.breaker.state() {
                BreakerState::Open => "breaker open".to_owned(),
                BreakerState::HalfOpen => "breaker half open".to_owned(),
                BreakerState::GivenUp => format!("down, {} calls saved", state.kept_back),
                BreakerState::Closed if state.limit.is_lowered() => {
                    format!("{} at once", state.limit.calls())
                }
                BreakerState::Closed => return None,
            };
            Some(format!(" · {target}: {text}"))
        });
        notes.collect()
    }

    /// Every gate as it is now.
    pub(super) fn view(&self) -> Vec<ModelTraffic> {
        let now = Instant::now();
        let gates = self
            .0
            .iter()
            .filter(|(target, _)| target.provider != RECORDED);
        gates
            .map(|(target, gate)| gate.lock().view(target, now))
            .collect()
    }

    /// Why calls were left over, as a sentence; `None` when every provider answered.
    pub(super) fn given_up(&self) -> Option<String> {
        let down = self.0.iter().find_map(|(target, gate)| {
            let state = gate.lock();
            (state.breaker.state() == BreakerState::GivenUp).then(|| (target, state.kept_back))
        });
        down.map(|(target, kept_back)| {
            format!(
                "{target} failed again and again, so its circuit breaker stays open: {kept_back} calls were not sent"
            )
        })
    }
}

impl Gate {
    fn new(concurrency: u32, policy: BreakerPolicy) -> Self {
        Self {
            state: Mutex::new(State {
                breaker: Breaker::new(policy),
                limit: AdaptiveLimit::new(concurrency),
                on_their_way: 0,
                quiet_until: None,
                kept_back: 0,
                waiting: 0,
            }),
            changed: Notify::new(),
        }
    }

    /// Waits for a place.
    pub(super) async fn enter(&self, cancel: &CancellationToken) -> Entered {
        loop {
            // Made before looking, so that no change in between is missed.
            let changed = self.changed.notified();
            let wait = {
                let mut state = self.lock();
                match state.ask(Instant::now()) {
                    Leave::Go(pass) => {
                        state.on_their_way += 1;
                        return Entered::Yes(Slot(pass));
                    }
                    Leave::GiveUp => {
                        state.kept_back += 1;
                        return Entered::GivenUp;
                    }
                    Leave::Wait(wait) => {
                        state.waiting += 1;
                        wait
                    }
                }
            };
            let is_cancelled = tokio::select! {
                () = changed => false,
                () = tokio::time::sleep(wait) => false,
                () = cancel.cancelled() => true,
            };
            self.lock().waiting -= 1;
            if is_cancelled {
                return Entered::Cancelled;
            }
        }
    }

    /// A call was answered.
    pub(super) fn answered(&self, slot: Slot) {
        self.leave(slot, Health::Up, None);
    }

    /// A call failed.
    pub(super) fn failed(&self, slot: Slot, error: &ProviderError) {
        self.leave(slot, Health::of(error), error.retry_after());
    }

    /// A call did not go out after all.
    pub(super) fn unsent(&self, slot: Slot) {
        self.leave(slot, Health::Unknown, None);
    }

    fn leave(&self, Slot(pass): Slot, health: Health, retry_after: Option<Duration>) {
        let now = Instant::now();
        let mut state = self.lock();
        state.on_their_way = state.on_their_way.saturating_sub(1);
        state.breaker.ended(pass, health, now);
        match health {
            Health::Up => state.limit.served(),
            Health::Busy => {
                state.limit.refused(now);
                // The provider asked all of us, not only the call it refused.
                let asked = retry_after.filter(|wait| *wait <= LONGEST_QUIET);
                state.quiet_until = state.quiet_until.max(asked.map(|wait| now + wait));
            }
            Health::Down | Health::Unknown => {}
        }
        drop(state);
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A provider that asks for more is not waited for.
const LONGEST_QUIET: Duration = Duration::from_secs(60);
/// How long a full gate is slept at: somebody leaves before.
const UNTIL_SOMEBODY_LEAVES: Duration = Duration::from_secs(60);

impl State {
    fn view(&self, target: &Target, now: Instant) -> ModelTraffic {
        let quiet = self
            .quiet_until
            .map(|until| until.saturating_duration_since(now));
        ModelTraffic {
            target: target.clone(),
            breaker: match self.breaker.state() {
                BreakerState::Closed => BreakerWord::Closed,
                BreakerState::Open => BreakerWord::Open,
                BreakerState::HalfOpen => BreakerWord::HalfOpen,
                BreakerState::GivenUp => BreakerWord::GivenUp,
            },
            on_their_way: self.on_their_way,
            at_once: self.limit.calls(),
            waiting: self.waiting,
            quiet_ms: quiet.map_or(0, |left| {
                u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
            }),
            calls_saved: self.kept_back,
        }
    }

    fn ask(&mut self, now: Instant) -> Leave {
        if let Some(until) = self.quiet_until.filter(|until| *until > now) {
            return Leave::Wait(until - now);
        }
        if self.on_their_way >= self.limit.calls() {
            return Leave::Wait(UNTIL_SOMEBODY_LEAVES);
        }
        self.breaker.ask(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(http_status: u16, retry_after_ms: Option<u64>) -> ProviderError {
        ProviderError::Refused {
            at: "https://example.test".to_owned(),
            http_status,
            code: None,
            message: "no".to_owned(),
            retry_after: retry_after_ms.map(Duration::from_millis),
        }
    }

    fn gate(concurrency: u32) -> Gate {
        Gate::new(
            concurrency,
            BreakerPolicy {
                failures: 2,
                first_open: Duration::from_millis(20),
                longest_open: Duration::from_millis(20),
                trials: 2,
            },
        )
    }

    async fn enter(gate: &Gate) -> Slot {
        match gate.enter(&CancellationToken::new()).await {
            Entered::Yes(slot) => slot,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_busy_provider_is_given_fewer_calls_and_quiet_for_as_long_as_it_asks() {
        let gate = gate(4);
        let slots = [enter(&gate).await, enter(&gate).await];
        let asked = Instant::now();
        for slot in slots {
            gate.failed(slot, &refused(429, Some(40)));
        }
        let first = enter(&gate).await;
        assert!(asked.elapsed() >= Duration::from_millis(40));
        let second = enter(&gate).await;
        let target = Target {
            provider: "openai".to_owned(),
            model: "m".to_owned(),
        };
        let view = gate.lock().view(&target, Instant::now());
        assert_eq!((view.on_their_way, view.at_once), (2, 2), "{view:?}");
        let full = gate.lock().ask(Instant::now());
        assert!(matches!(full, Leave::Wait(_)), "{full:?}");
        gate.answered(first);
        gate.unsent(second);
        assert!(matches!(gate.lock().ask(Instant::now()), Leave::Go(_)));
    }

    #[tokio::test]
    async fn a_provider_that_stays_down_is_left_alone_and_the_calls_it_was_spared_are_counted() {
        let target = Target {
            provider: "openai".to_owned(),
            model: "m".to_owned(),
        };
        let traffic = Traffic(BTreeMap::from([(target.clone(), gate(4))]));
        let gate = traffic.gate(&target).unwrap();
        for _ in 0..4 {
            let slot = enter(gate).await;
            gate.failed(slot, &refused(503, None));
        }
        assert_eq!(traffic.note(), " · openai:m: down, 0 calls saved");
        assert_eq!(traffic.view()[0].breaker, BreakerWord::GivenUp);
        for _ in 0..3 {
            let entered = gate.enter(&CancellationToken::new()).await;
            assert!(matches!(entered, Entered::GivenUp), "{entered:?}");
        }
        assert!(
            traffic
                .given_up()
                .unwrap()
                .contains("3 calls were not sent")
        );
    }

    #[tokio::test]
    async fn who_waits_at_a_gate_goes_home_when_the_run_is_cancelled() {
        let gate = gate(1);
        let held = enter(&gate).await;
        let cancel = CancellationToken::new();
        let (entered, waiting) = tokio::join!(gate.enter(&cancel), async {
            let waiting = gate.lock().waiting;
            cancel.cancel();
            waiting
        });
        assert_eq!((waiting, gate.lock().waiting), (1, 0));
        assert!(matches!(entered, Entered::Cancelled), "{entered:?}");
        gate.unsent(held);
    }
}
