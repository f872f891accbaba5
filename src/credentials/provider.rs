//! Credentials that are fetched when they are needed, and cached until shortly before they expire.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Instant;

use time::{Duration, OffsetDateTime};

use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Result};

/// How long before their expiry credentials are refreshed, so that a request does not reach the server too
/// late.
const REFRESH_BEFORE: Duration = Duration::minutes(5);

/// How long the cached credentials are used after a refresh that failed, or that returned credentials that expire soon,
/// before it is tried again. Otherwise each request would wait for a service that is down, or for one that keeps its
/// credentials until they expire.
const RETRY_AFTER: Duration = Duration::seconds(30);

/// How long a thread without usable credentials waits for the closure, which runs in another thread.
///
/// The limit breaks a deadlock that cannot be detected: the closure may itself be waiting for this thread.
const MAX_WAIT: std::time::Duration = std::time::Duration::from_secs(60);

type Fetch = dyn Fn() -> Result<Credentials, Box<dyn StdError + Send + Sync>> + Send + Sync;

/// A function that fetches credentials, and the credentials it returned last.
///
/// The function never runs under the lock of `state`: it may take long, panic, or use the client itself.
pub(crate) struct Provider {
    fetch: Box<Fetch>,
    origin: Origin,
    state: Mutex<State>,
    /// Notified at the end of each refresh.
    refreshed: Condvar,
    max_wait: std::time::Duration,
}

/// Whose function it is.
enum Origin {
    /// The caller's closure. Credentials without an expiry are not cached.
    Closure,
    /// A source of the chain with this description. Credentials without an expiry are not fetched again.
    #[cfg_attr(not(feature = "credentials-chain"), allow(dead_code))]
    Chain(Arc<str>),
}

#[derive(Default)]
struct State {
    cached: Option<Credentials>,
    /// The refresh in progress, if any. There is at most one.
    refresh: Option<Arc<Refresh>>,
    /// When to refresh again, as long as the cached credentials are valid. `None`: when they expire soon.
    retry_at: Option<OffsetDateTime>,
}

/// One run of the function. The threads that wait for it get its own result, even if another run has ended since.
#[derive(Default)]
struct Refresh {
    /// The thread that runs the function, as soon as it does.
    thread: OnceLock<ThreadId>,
    result: OnceLock<Result<Credentials>>,
}

impl Provider {
    pub(crate) fn new<E: Into<Box<dyn StdError + Send + Sync>>>(
        fetch: impl Fn() -> Result<Credentials, E> + Send + Sync + 'static,
    ) -> Self {
        Self::with(Origin::Closure, None, move || fetch().map_err(Into::into))
    }

    /// Creates a provider for a source of the chain. `first` are credentials that were fetched already.
    #[cfg(feature = "credentials-chain")]
    pub(crate) fn of_chain(
        source: String,
        first: Option<Credentials>,
        fetch: impl Fn() -> Result<Credentials> + Send + Sync + 'static,
    ) -> Self {
        Self::with(Origin::Chain(source.into()), first, move || fetch().map_err(Into::into))
    }

    fn with(
        origin: Origin,
        cached: Option<Credentials>,
        fetch: impl Fn() -> Result<Credentials, Box<dyn StdError + Send + Sync>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            fetch: Box::new(fetch),
            origin,
            state: Mutex::new(State { cached, ..State::default() }),
            refreshed: Condvar::new(),
            max_wait: MAX_WAIT,
        }
    }

    /// Returns the credentials to sign with at `now`.
    ///
    /// One thread at a time fetches. Meanwhile, other threads use the cached credentials until they expire; without
    /// any, they wait for the result, at most until the deadline of their call.
    ///
    /// The deadline also applies to fetching from a source of the chain, but not to a closure. A closure runs on the thread
    /// of the call, whose thread-local values it may need, such as the handle of an async runtime. Nothing can interrupt
    /// it there.
    pub(crate) fn get(
        self: &Arc<Self>,
        now: OffsetDateTime,
        deadline: Option<Instant>,
    ) -> Result<Credentials> {
        let state = self.lock();
        if state.refresh.as_ref().is_some_and(|refresh| refresh.is_own()) {
            return Err(Error::new(
                ErrorKind::Credentials,
                "the credentials closure called the client that it provides credentials for",
            )
            .with_hint("Use a client with other credentials in the closure."));
        }
        if let Some(cached) = self.cached_beyond(&state, now.saturating_add(REFRESH_BEFORE)) {
            return Ok(cached);
        }
        let cached = self.cached_beyond(&state, now);
        let too_early = state.retry_at.is_some_and(|retry_at| now < retry_at);
        match (cached, state.refresh.clone()) {
            (Some(cached), refresh) if too_early || refresh.is_some() => Ok(cached),
            (_, Some(refresh)) => self.wait(state, &refresh, deadline, self.max_wait),
            (cached, None) => {
                let fetched = self.refresh(state, now, deadline, cached);
                fetched.or_else(|error| self.cached_beyond(&self.lock(), now).ok_or(error))
            }
        }
    }

    /// Fetches again, because the server has rejected these credentials as expired. Returns `true` if there are
    /// others now.
    ///
    /// If another thread has replaced them meanwhile, nothing is fetched.
    pub(crate) fn renew(
        self: &Arc<Self>,
        rejected: &Credentials,
        now: OffsetDateTime,
        deadline: Option<Instant>,
    ) -> Result<bool> {
        let state = self.lock();
        let Some(cached) = self.cached_beyond(&state, now) else {
            // nothing is cached, so the next attempt fetches anyway
            return Ok(true);
        };
        if cached != *rejected {
            return Ok(true);
        }
        let renewed = match state.refresh.clone() {
            None => self.refresh(state, now, deadline, None)?,
            Some(refresh) if refresh.is_own() => return Ok(false),
            Some(refresh) => self.wait(state, &refresh, deadline, self.max_wait)?,
        };
        Ok(renewed != *rejected)
    }

    /// Fetches credentials: on a thread of its own if the call has a deadline and the function may run on any thread. The
    /// call waits for that thread only without `valid` credentials. After the deadline, the thread continues, and the
    /// next calls use its result.
    fn refresh(
        self: &Arc<Self>,
        mut state: MutexGuard<'_, State>,
        now: OffsetDateTime,
        deadline: Option<Instant>,
        valid: Option<Credentials>,
    ) -> Result<Credentials> {
        let refresh = state.start();
        if deadline.is_some() && matches!(self.origin, Origin::Chain(_)) {
            let (provider, shared) = (self.clone(), refresh.clone());
            let fetch = move || drop(provider.run(&shared, now));
            if thread::Builder::new().name("plain-s3 credentials".to_owned()).spawn(fetch).is_ok() {
                return match valid {
                    Some(valid) => Ok(valid),
                    None => self.wait(state, &refresh, deadline, std::time::Duration::MAX),
                };
            }
        }
        drop(state);
        self.run(&refresh, now)
    }

    /// Fetches, and publishes the result to the threads that wait for it.
    fn run(&self, refresh: &Refresh, now: OffsetDateTime) -> Result<Credentials> {
        let _ = refresh.thread.set(thread::current().id()); // each refresh runs once
        let publisher = Publisher { provider: self, refresh, now };
        let fetched = (self.fetch)().map_err(|error| self.failure(error));
        let valid = fetched.and_then(|credentials| credentials.validate().map(|()| credentials));
        publisher.publish(duplicate(&valid));
        valid
    }

    fn failure(&self, source: Box<dyn StdError + Send + Sync>) -> Error {
        match &self.origin {
            Origin::Closure => Error::new(ErrorKind::Credentials, "cannot get credentials")
                .with_source(source)
                .with_hint("The closure passed to Config::credentials_provider returned this error."),
            Origin::Chain(name) => {
                let error = Error::new(ErrorKind::Credentials, format!("cannot get credentials from {name}"));
                match source.downcast::<Error>() {
                    Ok(source) => error.with_cause(*source),
                    Err(source) => error.with_source(source),
                }
            }
        }
    }

    /// Returns the cached credentials if they are valid at `time`.
    fn cached_beyond(&self, state: &State, time: OffsetDateTime) -> Option<Credentials> {
        let keeps = matches!(self.origin, Origin::Chain(_));
        let valid = |cached: &&Credentials| cached.outlive(time) || (keeps && cached.is_permanent());
        state.cached.as_ref().filter(valid).cloned()
    }

    /// Waits for a refresh in another thread, at most this long and until the deadline, and returns its result.
    fn wait(
        &self,
        state: MutexGuard<'_, State>,
        refresh: &Refresh,
        deadline: Option<Instant>,
        longest: std::time::Duration,
    ) -> Result<Credentials> {
        let remaining = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let limit = remaining.map_or(longest, |remaining| remaining.min(longest));
        let pending = |_: &mut State| refresh.result.get().is_none();
        let guard = self
            .refreshed
            .wait_timeout_while(state, limit, pending)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        drop(guard);
        let timed_out = limit < longest;
        if let Some(result) = refresh.result.get() {
            return duplicate(result);
        }
        let error = |text: String| match timed_out {
            true => Error::new(ErrorKind::Timeout, format!("the call timed out while {text}"))
                .not_sent()
                .with_hint("Increase Config::call_timeout to wait longer."),
            false => Error::new(ErrorKind::Credentials, format!("waited {limit:?} while {text}")),
        };
        Err(match &self.origin {
            Origin::Chain(source) => error(format!("credentials were fetched from {source}")),
            Origin::Closure => {
                let error = error("another thread fetched credentials".to_owned());
                let deadlock =
                    "The credentials closure must not wait for a thread that uses the same client.";
                if timed_out { error } else { error.with_hint(deadlock) }
            }
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under the lock, so the state is always consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Records that the function is about to run.
    fn start(&mut self) -> Arc<Refresh> {
        let refresh = Arc::new(Refresh::default());
        self.refresh = Some(refresh.clone());
        refresh
    }
}

impl Refresh {
    fn is_own(&self) -> bool {
        self.thread.get() == Some(&thread::current().id())
    }
}

/// Ends a refresh. It does so even on drop, because the closure may panic.
struct Publisher<'a> {
    provider: &'a Provider,
    refresh: &'a Refresh,
    /// The time at which it started.
    now: OffsetDateTime,
}

impl Publisher<'_> {
    fn publish(&self, result: Result<Credentials>) {
        let mut state = self.provider.lock();
        if self.refresh.result.get().is_some() {
            return;
        }
        // after a failure, the cached credentials stay: they may still be valid
        let lasts = match &result {
            Ok(credentials) => {
                state.cached = Some(credentials.clone());
                credentials.outlive(self.now.saturating_add(REFRESH_BEFORE))
            }
            Err(_) => false,
        };
        state.retry_at = if lasts { None } else { Some(self.now.saturating_add(RETRY_AFTER)) };
        state.refresh = None;
        self.refresh.result.get_or_init(|| result);
        drop(state);
        self.provider.refreshed.notify_all();
    }
}

impl Drop for Publisher<'_> {
    fn drop(&mut self) {
        let text = match &self.provider.origin {
            Origin::Closure => "the credentials closure panicked in another thread".to_owned(),
            Origin::Chain(source) => format!("fetching credentials from {source} panicked"),
        };
        self.publish(Err(Error::new(ErrorKind::Credentials, text)));
    }
}

/// Copies a result for another thread. The source of an error cannot be cloned, so its text stands for it.
fn duplicate(result: &Result<Credentials>) -> Result<Credentials> {
    let error = match result {
        Ok(credentials) => return Ok(credentials.clone()),
        Err(error) => error,
    };
    let mut copy = Error::new(error.kind(), error.summary());
    if let Some(source) = error.get_ref() {
        copy = copy.with_source(source.to_string());
    }
    Err(match error.hint() {
        Some(hint) => copy.with_hint(hint),
        None => copy,
    })
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Closure => f.write_str("Provider(closure)"),
            Origin::Chain(source) => write!(f, "Provider({source})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::sync::{Barrier, mpsc};

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn minutes(n: i64) -> OffsetDateTime {
        NOW + Duration::minutes(n)
    }

    fn new<E: Into<Box<dyn StdError + Send + Sync>>>(
        fetch: impl Fn() -> Result<Credentials, E> + Send + Sync + 'static,
    ) -> Arc<Provider> {
        Arc::new(Provider::new(fetch))
    }

    /// A provider and the number of its fetches. The credentials are numbered and expire `lifetime` after
    /// `NOW`.
    fn counted(lifetime: Option<Duration>, fails_after: i64) -> (Arc<Provider>, Arc<AtomicI64>) {
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
        (Arc::new(provider), count)
    }

    /// A provider whose first fetch returns `first`, and whose second fetch calls `second` with the provider
    /// itself.
    fn two_fetches(
        first: Result<Credentials, String>,
        second: impl Fn(&'static Arc<Provider>) -> Result<Credentials, String> + Send + Sync + 'static,
    ) -> &'static Arc<Provider> {
        let own: &'static OnceLock<Arc<Provider>> = Box::leak(Box::default());
        let count = AtomicI64::new(0);
        own.get_or_init(|| {
            let mut provider = Provider::new(move || match count.fetch_add(1, Ordering::SeqCst) {
                0 => first.clone(),
                _ => second(own.get().expect("initialized before the first fetch")),
            });
            provider.max_wait = std::time::Duration::from_millis(200);
            Arc::new(provider)
        })
    }

    fn until(minute: i64) -> Credentials {
        Credentials::new(format!("until{minute}"), "s3cr3t").expires_at(minutes(minute))
    }

    /// Waits until a thread runs the closure, so that the caller finds a refresh in progress.
    fn await_refresh(provider: &Provider) {
        while provider.lock().refresh.is_none() {
            thread::yield_now();
        }
    }

    #[test]
    fn credentials_are_cached_until_five_minutes_before_expiry() {
        let (provider, count) = counted(Some(Duration::hours(1)), 9);
        for (minute, fetches) in [(0, 1), (30, 1), (54, 1), (55, 2), (56, 3)] {
            let _ = provider.get(minutes(minute), None).unwrap();
            assert_eq!(count.load(Ordering::SeqCst), fetches, "minute {minute}");
        }
    }

    #[test]
    fn credentials_that_expire_soon_are_not_fetched_for_each_request() {
        let (provider, count) = counted(Some(Duration::minutes(4)), 9);
        for (second, fetches) in [(0, 1), (1, 1), (29, 1), (30, 2), (59, 2), (60, 3), (240, 4)] {
            let _ = provider.get(NOW + Duration::seconds(second), None).unwrap();
            assert_eq!(count.load(Ordering::SeqCst), fetches, "second {second}");
        }
    }

    #[test]
    fn credentials_without_expiry_are_fetched_each_time() {
        let (provider, _) = counted(None, 9);
        assert_eq!(provider.get(NOW, None).unwrap().access_key(), "key1");
        assert_eq!(provider.get(NOW, None).unwrap().access_key(), "key2");
    }

    #[test]
    fn failed_refresh_is_reported_only_after_expiry() {
        let (provider, _) = counted(Some(Duration::minutes(10)), 1);
        let _ = provider.get(NOW, None).unwrap();
        assert_eq!(provider.get(minutes(9), None).unwrap().access_key(), "key1");
        let error = provider.get(minutes(10), None).unwrap_err();
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
        let provider = new(|| Ok::<_, io::Error>(Credentials::new("a", "s3cr3t\n")));
        let text = format!("{} {provider:?}", provider.get(NOW, None).unwrap_err());
        assert!(text.contains("secret key") && !text.contains("s3cr3t"), "{text}");
    }

    #[test]
    fn invalid_credentials_do_not_replace_valid_ones() {
        let provider = two_fetches(Ok(until(10)), |_| Ok(Credentials::new("a", "s3cr3t\n")));
        for minute in [0, 6, 7] {
            assert_eq!(provider.get(minutes(minute), None).unwrap(), until(10), "minute {minute}");
        }
        assert_eq!(
            provider.get(minutes(10), None).unwrap_err().to_string(),
            "the secret key has a line break, another control character, or leading or trailing spaces. If it was \
             copied or read from a file, trim() it."
        );
    }

    #[test]
    fn wait_for_another_thread_ends_with_the_call_timeout() {
        let (release, released) = mpsc::channel::<()>();
        let released = Mutex::new(released);
        let provider = new(move || {
            released.lock().unwrap().recv().unwrap();
            Ok::<_, io::Error>(until(60))
        });
        thread::scope(|scope| {
            let refreshing = scope.spawn(|| provider.get(NOW, None));
            await_refresh(&provider);
            let error = provider.get(NOW, Some(Instant::now())).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout);
            assert_eq!(
                error.to_string(),
                "the call timed out while another thread fetched credentials. Increase Config::call_timeout to wait \
                 longer."
            );
            release.send(()).unwrap();
            assert_eq!(refreshing.join().unwrap().unwrap(), until(60));
        });
    }

    /// A source of the chain that waits until the sender is used.
    fn slow_source(
        fetch: impl Fn() -> Credentials + Send + Sync + 'static,
    ) -> (Arc<Provider>, mpsc::Sender<()>) {
        let (release, released) = mpsc::channel::<()>();
        let released = Mutex::new(released);
        let source = Origin::Chain("the vault".into());
        let provider = Provider::with(source, None, move || {
            released.lock().unwrap().recv()?;
            Ok(fetch())
        });
        (Arc::new(provider), release)
    }

    #[test]
    fn slow_source_of_the_chain_ends_with_the_call_timeout_and_serves_the_next_call() {
        let (provider, release) = slow_source(|| until(60));
        let deadline = Some(Instant::now());
        for _ in 0..2 {
            let error = provider.get(NOW, deadline).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout);
            assert_eq!(
                error.to_string(),
                "the call timed out while credentials were fetched from the vault. Increase Config::call_timeout to \
                 wait longer."
            );
        }
        release.send(()).unwrap();
        assert_eq!(provider.get(NOW, None).unwrap(), until(60));
        assert_eq!(provider.get(NOW, deadline).unwrap(), until(60));
    }

    #[test]
    fn call_does_not_spend_its_timeout_on_a_refresh_while_its_credentials_are_valid() {
        let (mut provider, release) = slow_source(|| until(60));
        Arc::get_mut(&mut provider).unwrap().lock().cached = Some(until(4));
        let deadline = Instant::now() + MAX_WAIT;
        assert_eq!(provider.get(NOW, Some(deadline)).unwrap(), until(4));
        assert!(Instant::now() < deadline);
        release.send(()).unwrap();
        assert_eq!(provider.get(minutes(5), None).unwrap(), until(60));
    }

    #[test]
    fn error_of_the_chain_names_the_source() {
        // The sender is dropped, so that the source fails.
        let (provider, _) = slow_source(|| until(60));
        let later = Some(Instant::now() + MAX_WAIT);
        let text = provider.get(NOW, later).unwrap_err().to_string();
        assert!(text.starts_with("cannot get credentials from the vault: "), "{text}");
        let (provider, release) = slow_source(|| panic!("on purpose"));
        release.send(()).unwrap();
        let error = provider.get(NOW, later).unwrap_err();
        assert_eq!(error.to_string(), "fetching credentials from the vault panicked");
    }

    #[test]
    fn closure_runs_on_the_thread_of_the_call() {
        let here = thread::current().id();
        let provider = new(move || {
            assert_eq!(thread::current().id(), here);
            Ok::<_, io::Error>(until(60))
        });
        assert_eq!(provider.get(NOW, Some(Instant::now() + MAX_WAIT)).unwrap(), until(60));
    }

    #[test]
    fn waiting_thread_gets_the_result_of_the_refresh_it_waited_for() {
        let provider = new(|| Err::<Credentials, _>("the second failure"));
        let first = provider.lock().start();
        Publisher { provider: &provider, refresh: &first, now: NOW }.publish(Ok(until(60)));
        let second = provider.lock().start();
        Publisher { provider: &provider, refresh: &second, now: NOW }
            .publish(Err(Error::new(ErrorKind::Credentials, "the second failure")));
        assert_eq!(provider.wait(provider.lock(), &first, None, MAX_WAIT).unwrap(), until(60));
        provider.wait(provider.lock(), &second, None, MAX_WAIT).unwrap_err();
    }

    #[test]
    fn closure_that_calls_its_own_client_gets_an_error() {
        let provider = two_fetches(Ok(until(10)), |own| {
            // Also while the cached credentials are valid, so that the mistake shows early.
            own.get(minutes(6), None).map_err(|error| error.to_string())
        });
        let _ = provider.get(NOW, None).unwrap();
        assert_eq!(provider.get(minutes(6), None).unwrap(), until(10));
        for _ in 0..2 {
            let error = provider.get(minutes(10), None).unwrap_err();
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
        let _ = provider.get(NOW, None).unwrap();
        let refreshing = thread::spawn(|| provider.get(minutes(6), None));
        await_refresh(provider);
        assert_eq!(provider.get(minutes(6), None).unwrap(), until(10));
        release.send(()).unwrap();
        assert_eq!(refreshing.join().unwrap().unwrap(), until(60));
        assert_eq!(provider.get(minutes(6), None).unwrap(), until(60));
    }

    /// Calls `get` in one thread and, while the closure runs there, in two others; returns all three results.
    fn concurrent(
        fetch: impl Fn(i64) -> Result<Credentials, String> + Send + Sync + 'static,
    ) -> (Vec<thread::Result<Result<Credentials>>>, i64) {
        let count = Arc::new(AtomicI64::new(0));
        let fetched = count.clone();
        let entered = Arc::new(Barrier::new(3));
        let waiting = entered.clone();
        let provider = new(move || {
            let n = fetched.fetch_add(1, Ordering::SeqCst) + 1;
            if n == 1 {
                // The two other threads are about to call `get`. A moment later, both wait for this closure.
                waiting.wait();
                thread::sleep(std::time::Duration::from_millis(500));
            }
            fetch(n)
        });
        let get = || catch_unwind(AssertUnwindSafe(|| provider.get(NOW, None)));
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
        let provider = new(move || match count.fetch_add(1, Ordering::SeqCst) {
            0 => panic!("on purpose"),
            _ => Ok::<_, io::Error>(until(60)),
        });
        catch_unwind(AssertUnwindSafe(|| provider.get(NOW, None))).unwrap_err();
        assert_eq!(provider.get(NOW, None).unwrap(), until(60));
    }

    /// Calls `get` in another thread and waits for it.
    fn get_elsewhere(provider: &'static Arc<Provider>, now: OffsetDateTime) -> Result<Credentials, String> {
        thread::spawn(move || provider.get(now, None)).join().unwrap().map_err(|error| error.to_string())
    }

    #[test]
    fn closure_may_wait_for_a_thread_that_uses_cached_credentials() {
        let provider = two_fetches(Ok(until(10)), |own| {
            assert_eq!(get_elsewhere(own, minutes(6)), Ok(until(10)));
            Ok(until(60))
        });
        let _ = provider.get(NOW, None).unwrap();
        assert_eq!(provider.get(minutes(6), None).unwrap(), until(60));
    }

    #[test]
    fn closure_that_waits_for_a_thread_without_credentials_fails_after_the_maximum_wait() {
        let provider = two_fetches(Err("not yet".to_owned()), |own| get_elsewhere(own, NOW));
        provider.get(NOW, None).unwrap_err();
        let error = provider.get(NOW, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert!(
            error.to_string().starts_with(
                "cannot get credentials: waited 200ms while another thread fetched credentials. The credentials \
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
