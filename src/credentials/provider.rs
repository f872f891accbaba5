//! Credentials that a closure fetches, cached until shortly before they expire.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use time::{Duration, OffsetDateTime};

use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Result};

/// How long before their expiry credentials are refreshed, so that a request does not reach the server too
/// late.
const REFRESH_BEFORE: Duration = Duration::minutes(5);

/// How long a thread without usable credentials waits for the closure, which runs in another thread.
///
/// The limit breaks a deadlock that cannot be detected: the closure may itself be waiting for this thread.
const MAX_WAIT: std::time::Duration = std::time::Duration::from_secs(60);

type Fetch = dyn Fn() -> Result<Credentials, Box<dyn StdError + Send + Sync>> + Send + Sync;

/// A closure that fetches credentials, and the credentials it returned last.
///
/// The closure never runs under the lock of `state`: it may take long, panic, or use the client itself.
pub(crate) struct Provider {
    fetch: Box<Fetch>,
    state: Mutex<State>,
    /// Notified at the end of each refresh.
    refreshed: Condvar,
    max_wait: std::time::Duration,
}

#[derive(Default)]
struct State {
    cached: Option<Credentials>,
    /// The thread that runs the closure, if any. At most one does.
    refreshing: Option<ThreadId>,
    /// The number of refreshes that have ended.
    refreshes: u64,
    /// The error of the last refresh, if it failed.
    failure: Option<Error>,
}

impl Provider {
    pub(crate) fn new<E: Into<Box<dyn StdError + Send + Sync>>>(
        fetch: impl Fn() -> Result<Credentials, E> + Send + Sync + 'static,
    ) -> Self {
        Self {
            fetch: Box::new(move || fetch().map_err(Into::into)),
            state: Mutex::default(),
            refreshed: Condvar::new(),
            max_wait: MAX_WAIT,
        }
    }

    /// Returns the credentials to sign with at `now`.
    ///
    /// One thread at a time runs the closure. Meanwhile, other threads use the cached credentials until they
    /// expire; without any, they wait for the result of the closure.
    pub(crate) fn get(&self, now: OffsetDateTime) -> Result<Credentials> {
        let this = thread::current().id();
        let mut state = self.lock();
        if state.refreshing == Some(this) {
            return Err(Error::new(
                ErrorKind::Credentials,
                "the credentials closure called the client that it provides credentials for",
            )
            .with_hint("Use a client with other credentials in the closure."));
        }
        if let Some(cached) = state.cached_beyond(now.saturating_add(REFRESH_BEFORE)) {
            return Ok(cached);
        }
        if state.refreshing.is_some() {
            return match state.cached_beyond(now) {
                Some(cached) => Ok(cached),
                None => self.wait(state),
            };
        }
        state.refreshing = Some(this);
        drop(state);
        self.refresh(now)
    }

    /// Runs the closure and publishes its result to the threads that wait for it.
    fn refresh(&self, now: OffsetDateTime) -> Result<Credentials> {
        let mut refresh = Refresh { provider: self, result: Err(panicked()) };
        let fetched = (self.fetch)().map_err(|error| {
            Error::new(ErrorKind::Credentials, "cannot get credentials")
                .with_source(error)
                .with_hint("The closure passed to Config::credentials_provider returned this error.")
        });
        match fetched {
            Ok(credentials) => {
                let valid = credentials.validate();
                refresh.result = valid.as_ref().map(|_| credentials.clone()).map_err(duplicate);
                valid.map(|()| credentials)
            }
            Err(error) => {
                refresh.result = Err(duplicate(&error));
                drop(refresh);
                self.lock().cached_beyond(now).ok_or(error)
            }
        }
    }

    /// Waits for the refresh in progress, and returns its result.
    fn wait(&self, state: MutexGuard<'_, State>) -> Result<Credentials> {
        let awaited = state.refreshes;
        let pending = |state: &mut State| state.refreshes == awaited;
        let (state, timeout) = self
            .refreshed
            .wait_timeout_while(state, self.max_wait, pending)
            .unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            return Err(Error::new(
                ErrorKind::Credentials,
                format!("waited {:?} for another thread to fetch credentials", self.max_wait),
            )
            .with_hint("The credentials closure must not wait for a thread that uses the same client."));
        }
        match (&state.failure, &state.cached) {
            (Some(failure), _) => Err(duplicate(failure)),
            (None, Some(credentials)) => Ok(credentials.clone()),
            (None, None) => unreachable!("a refresh ends with credentials or with an error"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under the lock, so the state is always consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn cached_beyond(&self, time: OffsetDateTime) -> Option<Credentials> {
        self.cached.as_ref().filter(|cached| cached.outlive(time)).cloned()
    }
}

/// A refresh in progress. Its end is published on drop, because the closure may panic.
struct Refresh<'a> {
    provider: &'a Provider,
    result: Result<Credentials>,
}

impl Drop for Refresh<'_> {
    fn drop(&mut self) {
        let mut state = self.provider.lock();
        match std::mem::replace(&mut self.result, Err(panicked())) {
            Ok(credentials) => {
                state.cached = Some(credentials);
                state.failure = None;
            }
            // The cached credentials stay: they may still be valid.
            Err(error) => state.failure = Some(error),
        }
        state.refreshing = None;
        state.refreshes += 1;
        drop(state);
        self.provider.refreshed.notify_all();
    }
}

fn panicked() -> Error {
    Error::new(ErrorKind::Credentials, "the credentials closure panicked in another thread")
}

/// Copies an error for another thread. The source cannot be cloned, so its text stands for it.
fn duplicate(error: &Error) -> Error {
    let mut copy = Error::new(error.kind(), error.summary());
    if let Some(source) = error.get_ref() {
        copy = copy.with_source(source.to_string());
    }
    match error.hint() {
        Some(hint) => copy.with_hint(hint),
        None => copy,
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Provider(closure)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::sync::{Arc, Barrier, OnceLock, mpsc};

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn minutes(n: i64) -> OffsetDateTime {
        NOW + Duration::minutes(n)
    }

    /// A provider and the number of its fetches. The credentials are numbered and expire `lifetime` after
    /// `NOW`.
    fn counted(lifetime: Option<Duration>, fails_after: i64) -> (Provider, Arc<AtomicI64>) {
        let count = Arc::new(AtomicI64::new(0));
        let fetched = count.clone();
        let provider = Provider::new(move || {
            let n = fetched.fetch_add(1, Ordering::SeqCst) + 1;
            if n > fails_after {
                return Err("the vault is sealed");
            }
            let credentials = Credentials::new(format!("key{n}"), "s3cr3t");
            Ok(match lifetime {
                Some(lifetime) => credentials.expires_at(NOW + lifetime),
                None => credentials,
            })
        });
        (provider, count)
    }

    /// A provider whose first fetch returns `first`, and whose second fetch calls `second` with the provider
    /// itself.
    fn two_fetches(
        first: Result<Credentials, String>,
        second: impl Fn(&'static Provider) -> Result<Credentials, String> + Send + Sync + 'static,
    ) -> &'static Provider {
        let own: &'static OnceLock<Provider> = Box::leak(Box::default());
        let count = AtomicI64::new(0);
        own.get_or_init(|| {
            let mut provider = Provider::new(move || match count.fetch_add(1, Ordering::SeqCst) {
                0 => first.clone(),
                _ => second(own.get().expect("initialized before the first fetch")),
            });
            provider.max_wait = std::time::Duration::from_millis(200);
            provider
        })
    }

    fn until(minute: i64) -> Credentials {
        Credentials::new(format!("until{minute}"), "s3cr3t").expires_at(minutes(minute))
    }

    /// Waits until a thread runs the closure, so that the caller finds a refresh in progress.
    fn await_refresh(provider: &Provider) {
        while provider.lock().refreshing.is_none() {
            thread::yield_now();
        }
    }

    #[test]
    fn credentials_are_cached_until_five_minutes_before_expiry() {
        let (provider, count) = counted(Some(Duration::hours(1)), 9);
        for (minute, fetches) in [(0, 1), (30, 1), (54, 1), (55, 2), (56, 3)] {
            let _ = provider.get(minutes(minute)).unwrap();
            assert_eq!(count.load(Ordering::SeqCst), fetches, "minute {minute}");
        }
    }

    #[test]
    fn credentials_without_expiry_are_fetched_each_time() {
        let (provider, _) = counted(None, 9);
        assert_eq!(provider.get(NOW).unwrap().access_key(), "key1");
        assert_eq!(provider.get(NOW).unwrap().access_key(), "key2");
    }

    #[test]
    fn failed_refresh_is_reported_only_after_expiry() {
        let (provider, _) = counted(Some(Duration::minutes(10)), 1);
        let _ = provider.get(NOW).unwrap();
        assert_eq!(provider.get(minutes(9)).unwrap().access_key(), "key1");
        let error = provider.get(minutes(10)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert!(!error.is_retryable());
        assert_eq!(
            error.to_string(),
            "cannot get credentials: the vault is sealed. The closure passed to Config::credentials_provider \
             returned this error."
        );
    }

    #[test]
    fn invalid_credentials_are_rejected_without_quoting_them() {
        let provider = Provider::new(|| Ok::<_, io::Error>(Credentials::new("a", "s3cr3t\n")));
        let text = format!("{} {provider:?}", provider.get(NOW).unwrap_err());
        assert!(text.contains("secret key") && !text.contains("s3cr3t"), "{text}");
    }

    #[test]
    fn closure_that_calls_its_own_client_gets_an_error() {
        let provider = two_fetches(Ok(until(10)), |own| {
            // Also while the cached credentials are valid, so that the mistake shows early.
            own.get(minutes(6)).map_err(|error| error.to_string())
        });
        let _ = provider.get(NOW).unwrap();
        assert_eq!(provider.get(minutes(6)).unwrap(), until(10));
        for _ in 0..2 {
            let error = provider.get(minutes(10)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Credentials);
            assert!(
                error.to_string().contains(
                    "the credentials closure called the client that it provides credentials for. Use a client \
                     with other credentials in the closure."
                ),
                "{error}"
            );
        }
    }

    #[test]
    fn other_threads_use_cached_credentials_during_a_refresh() {
        let (release, released) = mpsc::channel::<()>();
        let released = Mutex::new(released);
        let provider = two_fetches(Ok(until(10)), move |_| {
            released.lock().unwrap().recv().unwrap();
            Ok(until(60))
        });
        let _ = provider.get(NOW).unwrap();
        let refreshing = thread::spawn(|| provider.get(minutes(6)));
        await_refresh(provider);
        assert_eq!(provider.get(minutes(6)).unwrap(), until(10));
        release.send(()).unwrap();
        assert_eq!(refreshing.join().unwrap().unwrap(), until(60));
        assert_eq!(provider.get(minutes(6)).unwrap(), until(60));
    }

    /// Calls `get` in one thread and, while the closure runs there, in two others; returns all three results.
    fn concurrent(
        fetch: impl Fn(i64) -> Result<Credentials, String> + Send + Sync + 'static,
    ) -> (Vec<thread::Result<Result<Credentials>>>, i64) {
        let count = Arc::new(AtomicI64::new(0));
        let fetched = count.clone();
        let entered = Arc::new(Barrier::new(3));
        let waiting = entered.clone();
        let provider = Provider::new(move || {
            let n = fetched.fetch_add(1, Ordering::SeqCst) + 1;
            if n == 1 {
                // The two other threads are about to call `get`. A moment later, both wait for this closure.
                waiting.wait();
                thread::sleep(std::time::Duration::from_millis(500));
            }
            fetch(n)
        });
        let get = || catch_unwind(AssertUnwindSafe(|| provider.get(NOW)));
        let results = thread::scope(|scope| {
            let first = scope.spawn(get);
            let others = [(); 2].map(|()| {
                scope.spawn(|| {
                    await_refresh(&provider);
                    entered.wait();
                    get()
                })
            });
            [first].into_iter().chain(others).map(|thread| thread.join().unwrap()).collect()
        });
        (results, count.load(Ordering::SeqCst))
    }

    #[test]
    fn threads_without_credentials_share_one_fetch() {
        let (results, fetches) = concurrent(|n| Ok(Credentials::new(format!("key{n}"), "s3cr3t")));
        for result in results {
            assert_eq!(result.unwrap().unwrap().access_key(), "key1");
        }
        assert_eq!(fetches, 1);
    }

    #[test]
    fn threads_without_credentials_share_a_failure() {
        let (results, fetches) = concurrent(|_| Err("the vault is sealed".to_owned()));
        let texts: Vec<String> =
            results.into_iter().map(|result| result.unwrap().unwrap_err().to_string()).collect();
        assert!(texts[0].starts_with("cannot get credentials: the vault is sealed. "), "{texts:?}");
        assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
        assert_eq!(fetches, 1);
    }

    #[test]
    fn panic_in_the_closure_reaches_waiting_threads_as_an_error() {
        let (results, fetches) = concurrent(|_| panic!("on purpose"));
        let mut results = results.into_iter();
        results.next().unwrap().unwrap_err();
        for result in results {
            let error = result.unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Credentials);
            assert_eq!(error.to_string(), "the credentials closure panicked in another thread");
        }
        assert_eq!(fetches, 1);
    }

    #[test]
    fn panic_in_the_closure_does_not_poison_the_provider() {
        let count = AtomicI64::new(0);
        let provider = Provider::new(move || match count.fetch_add(1, Ordering::SeqCst) {
            0 => panic!("on purpose"),
            _ => Ok::<_, io::Error>(until(60)),
        });
        catch_unwind(AssertUnwindSafe(|| provider.get(NOW))).unwrap_err();
        assert_eq!(provider.get(NOW).unwrap(), until(60));
    }

    /// Calls `get` in another thread and waits for it.
    fn get_elsewhere(provider: &'static Provider, now: OffsetDateTime) -> Result<Credentials, String> {
        thread::spawn(move || provider.get(now)).join().unwrap().map_err(|error| error.to_string())
    }

    #[test]
    fn closure_may_wait_for_a_thread_that_uses_cached_credentials() {
        let provider = two_fetches(Ok(until(10)), |own| {
            assert_eq!(get_elsewhere(own, minutes(6)), Ok(until(10)));
            Ok(until(60))
        });
        let _ = provider.get(NOW).unwrap();
        assert_eq!(provider.get(minutes(6)).unwrap(), until(60));
    }

    #[test]
    fn closure_that_waits_for_a_thread_without_credentials_fails_after_the_maximum_wait() {
        let provider = two_fetches(Err("not yet".to_owned()), |own| get_elsewhere(own, NOW));
        provider.get(NOW).unwrap_err();
        let error = provider.get(NOW).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert!(
            error.to_string().starts_with(
                "cannot get credentials: waited 200ms for another thread to fetch credentials. The credentials \
                 closure must not wait for a thread that uses the same client."
            ),
            "{error}"
        );
    }

    #[test]
    fn provider_is_send_and_sync() {
        fn check<T: Send + Sync + 'static>() {}
        check::<Provider>();
    }
}
