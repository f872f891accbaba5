//! Keys that a closure gives, kept until shortly before they expire.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use time::{Duration, OffsetDateTime};

use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Result};

/// New keys are asked for this long before the old ones end, so that a request does not arrive too late.
const SLACK: Duration = Duration::minutes(5);

type Ask = dyn Fn() -> Result<Credentials, Box<dyn StdError + Send + Sync>> + Send + Sync;

/// A closure that knows the keys, and the last that it gave.
pub(crate) struct Provider {
    ask: Box<Ask>,
    kept: Mutex<Option<Credentials>>,
    /// The thread in which the closure runs now.
    asking: Mutex<Option<ThreadId>>,
}

impl Provider {
    pub(crate) fn new<E: Into<Box<dyn StdError + Send + Sync>>>(
        ask: impl Fn() -> Result<Credentials, E> + Send + Sync + 'static,
    ) -> Self {
        Self {
            ask: Box::new(move || ask().map_err(Into::into)),
            kept: Mutex::default(),
            asking: Mutex::default(),
        }
    }

    /// The keys to sign with now. Callers at the same time ask once, and wait for the answer.
    pub(crate) fn get(&self, now: OffsetDateTime) -> Result<Credentials> {
        let lasts = |keys: &&Credentials, beyond| keys.expiry().is_some_and(|expiry| expiry > beyond);
        let this = thread::current().id();
        if *lock(&self.asking) == Some(this) {
            return Err(Error::new(ErrorKind::Credentials, "the closure asked for its own credentials")
                .with_hint("What it calls must be a client of other credentials."));
        }
        let mut kept = lock(&self.kept);
        if let Some(keys) = kept.as_ref().filter(|keys| lasts(keys, now.saturating_add(SLACK))) {
            return Ok(keys.clone());
        }
        let asking = Asking::by(this, &self.asking);
        let answer = (self.ask)();
        drop(asking);
        match answer {
            Ok(keys) => {
                keys.validate()?;
                *kept = Some(keys.clone());
                Ok(keys)
            }
            Err(error) => match kept.as_ref().filter(|keys| lasts(keys, now)) {
                Some(keys) => Ok(keys.clone()),
                None => Err(Error::new(ErrorKind::Credentials, "no credentials could be had")
                    .with_source(error)
                    .with_hint("This comes from the closure given to Config::credentials_provider.")),
            },
        }
    }
}

/// Says who asks, for as long as it lives: a closure may panic.
struct Asking<'a>(&'a Mutex<Option<ThreadId>>);

impl<'a> Asking<'a> {
    fn by(thread: ThreadId, asking: &'a Mutex<Option<ThreadId>>) -> Self {
        *lock(asking) = Some(thread);
        Self(asking)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        *lock(self.0) = None;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Provider(closure)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
    use std::sync::{Arc, OnceLock};

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    /// A provider whose keys are numbered and end `lifetime` after they were first asked for; and its count.
    fn counted(lifetime: Option<Duration>, fails_after: i64) -> (Provider, Arc<AtomicI64>) {
        let count = Arc::new(AtomicI64::new(0));
        let asked = count.clone();
        let provider = Provider::new(move || {
            let n = asked.fetch_add(1, Ordering::SeqCst) + 1;
            if n > fails_after {
                return Err("the vault is shut");
            }
            let keys = Credentials::new(format!("key{n}"), "s3cr3t");
            Ok(match lifetime {
                Some(lifetime) => keys.expires_at(NOW + lifetime),
                None => keys,
            })
        });
        (provider, count)
    }

    #[test]
    fn keys_are_kept_until_five_minutes_before_their_end() {
        let (provider, count) = counted(Some(Duration::hours(1)), 9);
        for (minute, asked) in [(0, 1), (30, 1), (54, 1), (55, 2), (56, 3)] {
            provider.get(NOW + Duration::minutes(minute)).unwrap();
            assert_eq!(count.load(Ordering::SeqCst), asked, "minute {minute}");
        }
    }

    #[test]
    fn keys_without_an_end_are_asked_for_each_time() {
        let (provider, _) = counted(None, 9);
        assert_eq!(provider.get(NOW).unwrap().access_key(), "key1");
        assert_eq!(provider.get(NOW).unwrap().access_key(), "key2");
    }

    #[test]
    fn a_failure_is_only_told_when_the_last_keys_have_ended() {
        let (provider, _) = counted(Some(Duration::minutes(10)), 1);
        provider.get(NOW).unwrap();
        assert_eq!(provider.get(NOW + Duration::minutes(9)).unwrap().access_key(), "key1");
        let error = provider.get(NOW + Duration::minutes(10)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert!(error.to_string().contains("the vault is shut") && !error.is_retryable(), "{error}");
    }

    #[test]
    fn a_closure_that_asks_for_its_own_keys_is_an_error_and_no_deadlock() {
        let own: Arc<OnceLock<Provider>> = Arc::default();
        let (inner, first) = (Arc::clone(&own), AtomicBool::new(true));
        let asks_itself = move || {
            assert!(!first.swap(false, Ordering::SeqCst), "a panic must not leave it asking");
            inner.get().expect("it is there by now").get(NOW)
        };
        let provider = own.get_or_init(|| Provider::new(asks_itself));
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| provider.get(NOW))).unwrap_err();
        for _ in 0..2 {
            let error = provider.get(NOW).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Credentials);
            assert!(error.to_string().contains("asked for its own credentials"), "{error}");
        }
    }

    #[test]
    fn what_the_closure_gives_is_checked_and_never_shown() {
        let provider = Provider::new(|| Ok::<_, std::io::Error>(Credentials::new("a", "s3cr3t\n")));
        let text = format!("{} {provider:?}", provider.get(NOW).unwrap_err());
        assert!(text.contains("secret key") && !text.contains("s3cr3t"), "{text}");
    }
}
