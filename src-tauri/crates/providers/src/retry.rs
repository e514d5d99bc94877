//! Whether to send a refused call again, and after how long.
//!
//! Pure: time and randomness are passed in, and nothing here sleeps or sends. One layer retries, the
//! caller's; the HTTP client below never does. Ambiguous failures are never retried.

use crate::ProviderError;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

/// Limits of retrying one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// All attempts, the first included.
    pub max_attempts: u32,
    /// Upper bound of the first wait; it doubles with each attempt.
    pub base: Duration,
    /// Upper bound of any wait that the provider did not ask for.
    pub cap: Duration,
    /// A provider that asks for a longer wait than this is not waited for.
    pub longest_retry_after: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(20),
            longest_retry_after: Duration::from_secs(60),
        }
    }
}

/// What to do after a failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Send again after this long.
    Wait(Duration),
    /// Do not send again; the reason as a sentence.
    GiveUp(String),
}

impl RetryPolicy {
    /// How long to wait before the next attempt; `None` means give up.
    ///
    /// `attempts_made` is 1 after the first attempt. `random` is uniform in 0..1 (full jitter: any wait from
    /// zero to the bound). A wait the provider asked for is kept at least, up to `longest_retry_after`.
    #[must_use]
    pub fn delay(
        &self,
        attempts_made: u32,
        retry_after: Option<Duration>,
        random: f64,
    ) -> Option<Duration> {
        if attempts_made >= self.max_attempts
            || retry_after.is_some_and(|asked| asked > self.longest_retry_after)
        {
            return None;
        }
        let doublings = attempts_made.saturating_sub(1).min(30);
        let bound = self.base.saturating_mul(1 << doublings).min(self.cap);
        let random = if random.is_finite() {
            random.clamp(0.0, 1.0)
        } else {
            1.0
        };
        let jittered = bound.mul_f64(random);
        Some(retry_after.map_or(jittered, |asked| asked.max(jittered)))
    }

    /// The verdict on one failed attempt. See [`RetryPolicy::delay`] for `attempts_made` and `random`.
    #[must_use]
    pub fn decide(&self, attempts_made: u32, error: &ProviderError, random: f64) -> Verdict {
        if error.ambiguous() {
            return Verdict::GiveUp(
                "The request may have been paid, so it is not sent again without consent."
                    .to_owned(),
            );
        }
        if !error.retryable() {
            return Verdict::GiveUp("Sending the same request again would not help.".to_owned());
        }
        match self.delay(attempts_made, error.retry_after(), random) {
            Some(wait) => Verdict::Wait(wait),
            None if attempts_made >= self.max_attempts => {
                Verdict::GiveUp(format!("All {} attempts failed.", self.max_attempts))
            }
            None => Verdict::GiveUp(format!(
                "The provider asks to wait {} s, longer than the {} s that are waited for.",
                error.retry_after().unwrap_or_default().as_secs(),
                self.longest_retry_after.as_secs()
            )),
        }
    }
}

/// Keeps all retries of a provider together below a tenth of its requests, plus a small allowance.
///
/// A token bucket that counts requests, not time: while a provider is down, 10,000 calls send at most
/// 11,010 requests.
#[derive(Debug)]
pub struct RetryBudget {
    /// Tenths of a retry.
    tenths: AtomicI64,
}

/// Retries allowed before any request was counted.
const ALLOWANCE: i64 = 10;
/// Most retries that a long quiet time saves up.
const MOST_SAVED: i64 = 100;

impl Default for RetryBudget {
    fn default() -> Self {
        Self {
            tenths: AtomicI64::new(ALLOWANCE * 10),
        }
    }
}

impl RetryBudget {
    /// Counts a first attempt: it earns a tenth of a retry.
    pub fn count_request(&self) {
        let _ = self
            .tenths
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tenths| {
                (tenths < MOST_SAVED * 10).then_some(tenths + 1)
            });
    }

    /// Takes one retry out of the budget; false when there is none.
    #[must_use]
    pub fn take_retry(&self) -> bool {
        self.tenths
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tenths| {
                (tenths >= 10).then_some(tenths - 10)
            })
            .is_ok()
    }
}

/// Reads the wait that a provider asks for, from `retry-after-ms` (milliseconds) before `retry-after`
/// (seconds or an HTTP date, RFC 9110 section 10.2.3). A date in the past is zero; anything unreadable or
/// negative is `None`.
#[must_use]
pub fn retry_after(
    retry_after_ms: Option<&str>,
    retry_after: Option<&str>,
    now: SystemTime,
) -> Option<Duration> {
    let milliseconds = retry_after_ms.and_then(|text| duration(text, 1e-3));
    milliseconds.or_else(|| {
        let text = retry_after?.trim();
        duration(text, 1.0).or_else(|| {
            let date = httpdate::parse_http_date(text).ok()?;
            Some(date.duration_since(now).unwrap_or_default())
        })
    })
}

fn duration(text: &str, unit_s: f64) -> Option<Duration> {
    let number: f64 = text.trim().parse().ok()?;
    if !number.is_finite() || number < 0.0 {
        return None;
    }
    Some(Duration::try_from_secs_f64(number * unit_s).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: RetryPolicy = RetryPolicy {
        max_attempts: 3,
        base: Duration::from_millis(500),
        cap: Duration::from_secs(20),
        longest_retry_after: Duration::from_secs(60),
    };

    fn refused(http_status: u16, retry_after: Option<Duration>) -> ProviderError {
        ProviderError::Refused {
            at: "https://example.test".to_owned(),
            http_status,
            code: None,
            message: "no".to_owned(),
            retry_after,
        }
    }

    #[test]
    fn waits_double_and_stop_at_the_third_attempt() {
        assert_eq!(POLICY.delay(1, None, 1.0), Some(Duration::from_millis(500)));
        assert_eq!(POLICY.delay(2, None, 1.0), Some(Duration::from_secs(1)));
        assert_eq!(
            POLICY.delay(2, None, 0.0),
            Some(Duration::ZERO),
            "full jitter starts at zero"
        );
        assert_eq!(POLICY.delay(3, None, 0.5), None);
        let patient = RetryPolicy {
            max_attempts: 99,
            ..POLICY
        };
        assert_eq!(patient.delay(60, None, 1.0), Some(Duration::from_secs(20)));
    }

    #[test]
    fn the_providers_wait_is_kept_up_to_a_minute() {
        let seconds = |s| Some(Duration::from_secs(s));
        assert_eq!(POLICY.delay(1, seconds(7), 0.9), seconds(7));
        assert_eq!(POLICY.delay(1, seconds(60), 0.9), seconds(60));
        assert_eq!(POLICY.delay(1, seconds(61), 0.9), None);
        let verdict = POLICY.decide(1, &refused(429, seconds(1_000_000_000)), 0.5);
        let Verdict::GiveUp(reason) = verdict else {
            panic!("{verdict:?}")
        };
        assert!(reason.contains("1000000000 s"), "{reason}");
    }

    #[test]
    fn only_what_is_safe_and_useful_is_sent_again() {
        let at = || "https://example.test".to_owned();
        for (error, again) in [
            (refused(503, None), true),
            (refused(400, None), false),
            (refused(401, None), false),
            (refused(200, None), false),
            (
                ProviderError::Connect {
                    at: at(),
                    message: String::new(),
                },
                true,
            ),
            (
                ProviderError::Ambiguous {
                    at: at(),
                    message: String::new(),
                },
                false,
            ),
            (
                ProviderError::Malformed {
                    at: at(),
                    message: String::new(),
                    is_answer: true,
                },
                false,
            ),
            (ProviderError::Cancelled { sent: false }, false),
        ] {
            let verdict = POLICY.decide(1, &error, 0.5);
            assert_eq!(
                matches!(verdict, Verdict::Wait(_)),
                again,
                "{error:?}: {verdict:?}"
            );
        }
    }

    #[test]
    fn ten_thousand_failing_calls_send_at_most_a_tenth_more() {
        let budget = RetryBudget::default();
        let mut requests = 0;
        for _ in 0..10_000 {
            budget.count_request();
            requests += 1;
            let mut attempts = 1;
            while POLICY.delay(attempts, None, 0.5).is_some() && budget.take_retry() {
                attempts += 1;
                requests += 1;
            }
        }
        assert!((11_000..=11_010).contains(&requests), "{requests}");
    }

    #[test]
    fn a_quiet_time_saves_up_a_bounded_number_of_retries() {
        let budget = RetryBudget::default();
        for _ in 0..100_000 {
            budget.count_request();
        }
        assert_eq!((0..1_000).filter(|_| budget.take_retry()).count(), 100);
    }

    #[test]
    fn every_spelling_of_retry_after_is_read() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777); // Sun, 06 Nov 1994 08:49:37 GMT
        let ms = |n| Some(Duration::from_millis(n));
        for (in_ms, in_s, expected) in [
            (None, Some("7"), ms(7_000)),
            (None, Some(" 1.5 "), ms(1_500)),
            (Some("250"), Some("7"), ms(250)),
            (Some("soon"), Some("7"), ms(7_000)),
            (None, Some("Sun, 06 Nov 1994 08:49:47 GMT"), ms(10_000)),
            (None, Some("Sun, 06 Nov 1994 08:00:00 GMT"), ms(0)),
            (None, Some("1000000000"), ms(1_000_000_000_000)),
            (None, Some("1e300"), Some(Duration::MAX)),
            (None, Some("-3"), None),
            (None, Some("NaN"), None),
            (None, Some("inf"), None),
            (None, Some(""), None),
            (None, Some("tomorrow"), None),
            (None, None, None),
        ] {
            assert_eq!(
                retry_after(in_ms, in_s, now),
                expected,
                "{in_ms:?} {in_s:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_wait_is_never_above_its_bound(
            attempts in any::<u32>(), random in any::<f64>(), asked_s in prop::option::of(any::<u64>()),
        ) {
            let patient = RetryPolicy { max_attempts: u32::MAX, ..POLICY };
            if let Some(wait) = patient.delay(attempts, asked_s.map(Duration::from_secs), random) {
                let asked = Duration::from_secs(asked_s.unwrap_or(0));
                prop_assert!(wait <= POLICY.cap.max(asked) && asked <= POLICY.longest_retry_after);
            }
        }
    }
}
