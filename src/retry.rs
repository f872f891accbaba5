//! When a failed attempt is repeated, and after how long.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

use crate::error::Error;

/// The longest wait that a server may ask for by `Retry-After`.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// How often a call is attempted, and how long it waits in between.
///
/// Lost connections, timeouts, 429, 500, 502, 503, 504 and the codes that mean "later" are repeated,
/// as long as the body can be read again. The wait before attempt *n* + 1 is drawn evenly between
/// nothing and `base_delay` · 2ⁿ⁻¹, at most `max_delay` ("full jitter"); where the server sends `Retry-After`, it
/// is at least that, up to 60 seconds.
///
/// ```
/// use plain_s3::{Config, RetryPolicy};
/// use std::time::Duration;
///
/// let slow = RetryPolicy::new().max_attempts(10).max_delay(Duration::from_secs(60));
/// let config = Config::new("https://s3.example.com").retry(slow);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    max_attempts: u32,
    base_delay: Duration,
    max_delay: Duration,
}

impl RetryPolicy {
    /// Up to 4 attempts, from 200 ms, capped at 20 s: at worst some 1.4 s of waiting.
    pub fn new() -> Self {
        Self { max_attempts: 4, base_delay: Duration::from_millis(200), max_delay: Duration::from_secs(20) }
    }

    /// One attempt only.
    pub fn none() -> Self {
        Self::new().max_attempts(1)
    }

    /// Sets the number of attempts, the first included; 0 counts as 1.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Sets the upper bound of the first wait; each further bound is twice the last.
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Sets the bound that no drawn wait exceeds.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// The wait after the attempt of this number (from 1) has failed, or `None` to give up.
    pub(crate) fn delay(&self, attempt: u32, error: &Error) -> Option<Duration> {
        if attempt >= self.max_attempts || !error.is_retryable() {
            return None;
        }
        let bound = self.base_delay.saturating_mul(1 << (attempt - 1).min(20)).min(self.max_delay);
        let asked = error.answer().and_then(|answer| answer.retry_after).unwrap_or_default();
        Some(bound.mul_f64(random_fraction()).max(asked.min(MAX_RETRY_AFTER)))
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// A number from 0 to 1 by the standard library's randomly keyed hasher: enough to spread clients, and no crate.
fn random_fraction() -> f64 {
    RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Answer, ErrorKind};

    #[test]
    fn waits_are_spread_between_nothing_and_a_doubling_bound() {
        let policy = RetryPolicy::new()
            .max_attempts(9)
            .base_delay(Duration::from_secs(1))
            .max_delay(Duration::from_secs(5));
        let error = Error::new(ErrorKind::Network, "");
        for (attempt, bound) in [(1, 1), (2, 2), (3, 4), (4, 5), (8, 5)] {
            let waits: Vec<Duration> = (0..200).map(|_| policy.delay(attempt, &error).unwrap()).collect();
            let bound = Duration::from_secs(bound);
            assert!(waits.iter().all(|w| *w <= bound));
            assert!(waits.iter().any(|w| *w > bound / 2) && waits.iter().any(|w| *w < bound / 2));
        }
        assert_eq!(policy.delay(9, &error), None);
        assert!(RetryPolicy::new().max_attempts(u32::MAX).delay(4_000_000, &error).is_some());
    }

    #[test]
    fn retry_after_is_a_lower_bound_up_to_a_minute() {
        let with = |seconds| {
            let answer =
                Answer { status: 503, retry_after: Some(Duration::from_secs(seconds)), ..Answer::default() };
            Error::server(ErrorKind::Server, answer, "")
        };
        let policy = RetryPolicy::new().base_delay(Duration::ZERO);
        assert_eq!(policy.delay(1, &with(7)), Some(Duration::from_secs(7)));
        assert_eq!(policy.delay(1, &with(86_400)), Some(MAX_RETRY_AFTER));
    }

    #[test]
    fn what_cannot_get_better_is_not_repeated() {
        assert_eq!(RetryPolicy::new().delay(1, &Error::invalid("")), None);
        assert_eq!(RetryPolicy::none().delay(1, &Error::new(ErrorKind::Network, "")), None);
    }
}
