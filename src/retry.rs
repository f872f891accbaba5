//! When a failed attempt is retried, and after which delay.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

use crate::error::Error;

/// The longest delay that a server can request with `Retry-After`.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// How many times a call is attempted, and the delay between attempts.
///
/// The client retries transient errors: failed or lost connections, timeouts, truncated responses, statuses
/// such as 429, 500 and 503, and error codes such as `SlowDown`, `InternalError` and
/// `ConditionalRequestConflict` (see [`Error::is_retryable`]). It does not retry if the body cannot be read
/// again (see [`Body::from_reader`](crate::Body::from_reader)) or if the delay does not fit into
/// [`Config::call_timeout`](crate::Config::call_timeout).
///
/// The delay after attempt *n* is random between zero and the smaller of `base_delay` · 2ⁿ⁻¹ and `max_delay`
/// ("full jitter"). If the server sends `Retry-After`, the delay is at least that long, up to 60 seconds.
///
/// ```
/// use plain_s3::{Config, RetryPolicy};
/// use std::time::Duration;
///
/// // Wait longer for a busy server: up to 9 retries, with delays of up to 1 s, 2 s, 4 s, … 60 s.
/// let patient = RetryPolicy::new()
///     .max_attempts(10)
///     .base_delay(Duration::from_secs(1))
///     .max_delay(Duration::from_secs(60));
/// let config = Config::new("https://s3.example.com").retry(patient);
///
/// // Return the first error.
/// let config = Config::new("https://s3.example.com").retry(RetryPolicy::none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RetryPolicy {
    max_attempts: u32,
    base_delay: Duration,
    max_delay: Duration,
}

impl RetryPolicy {
    /// Creates the default policy: 4 attempts, a base delay of 200 ms and a maximum delay of 20 s.
    ///
    /// The three delays add up to at most 1.4 s, unless the server sends `Retry-After`.
    pub fn new() -> Self {
        Self { max_attempts: 4, base_delay: Duration::from_millis(200), max_delay: Duration::from_secs(20) }
    }

    /// Creates a policy without retries.
    pub fn none() -> Self {
        Self::new().max_attempts(1)
    }

    /// Sets the maximum number of attempts, including the first. 0 counts as 1.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Sets the upper bound of the first delay. Each further bound is twice the previous one.
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Sets the upper bound of every delay, except one that the server requests with `Retry-After`.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Returns `true` if a failed call is attempted again at all.
    pub(crate) fn allows_retries(&self) -> bool {
        self.max_attempts > 1
    }

    /// Returns the delay after failed attempt number `attempt` (from 1), or `None` if there is no retry.
    pub(crate) fn delay(&self, attempt: u32, error: &Error) -> Option<Duration> {
        if attempt >= self.max_attempts || !error.is_retryable() {
            return None;
        }
        // the exponent is limited so that the shift cannot overflow
        let bound = self.base_delay.saturating_mul(1 << (attempt - 1).min(20)).min(self.max_delay);
        let retry_after = error.response().and_then(|answer| answer.retry_after).unwrap_or_default();
        Some(bound.mul_f64(random_fraction()).max(retry_after.min(MAX_RETRY_AFTER)))
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns a random number from 0 to 1. The randomly keyed hasher of the standard library is sufficient to
/// spread the retries of many clients, and needs no dependency.
fn random_fraction() -> f64 {
    RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, ErrorResponse};

    #[test]
    fn delays_are_spread_between_zero_and_a_doubling_bound() {
        let policy = RetryPolicy::new()
            .max_attempts(9)
            .base_delay(Duration::from_secs(1))
            .max_delay(Duration::from_secs(5));
        let error = Error::new(ErrorKind::Network, "");
        for (attempt, bound) in [(1, 1), (2, 2), (3, 4), (4, 5), (8, 5)] {
            let delays: Vec<Duration> = (0..200).map(|_| policy.delay(attempt, &error).unwrap()).collect();
            let bound = Duration::from_secs(bound);
            assert!(delays.iter().all(|d| *d <= bound));
            assert!(delays.iter().any(|d| *d > bound / 2) && delays.iter().any(|d| *d < bound / 2));
        }
        assert_eq!(policy.delay(9, &error), None);
        assert!(RetryPolicy::new().max_attempts(u32::MAX).delay(4_000_000, &error).is_some());
    }

    #[test]
    fn retry_after_is_a_lower_bound_up_to_a_minute() {
        let with = |seconds| {
            let retry_after = Some(Duration::from_secs(seconds));
            let response = ErrorResponse { status: 503, retry_after, ..ErrorResponse::default() };
            Error::from_response(ErrorKind::Server, response, "")
        };
        let policy = RetryPolicy::new().base_delay(Duration::ZERO);
        assert_eq!(policy.delay(1, &with(7)), Some(Duration::from_secs(7)));
        assert_eq!(policy.delay(1, &with(86_400)), Some(MAX_RETRY_AFTER));
    }

    #[test]
    fn permanent_errors_are_not_retried() {
        assert_eq!(RetryPolicy::new().delay(1, &Error::invalid("")), None);
        assert_eq!(RetryPolicy::none().delay(1, &Error::new(ErrorKind::Network, "")), None);
    }
}
