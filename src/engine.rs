//! The loop that every call goes through: sign, send, parse, and retry if a retry may help.

use std::borrow::Cow;
use std::thread;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::body::{Body, BodyReader};
use crate::client::Client;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorResponse, Result};
use crate::event::Event;
use crate::hints::{self, Context};
use crate::request::{Method, Request};
use crate::response::Response;
use crate::sign::Signer;
use crate::timestamp::Timestamp;
use crate::transport::Limits;
use crate::validate;

/// The factor by which the idle timeout is longer if the server has to work before it responds, such as when
/// it completes an upload.
const SLOW_FACTOR: u32 = 10;

/// The largest difference between the clocks that is corrected, in seconds: a wrong time zone is, a wrong year
/// is not. The correction comes from an unauthenticated response, and whoever can forge one could otherwise
/// collect requests that are signed for any time in the future.
const MAX_CLOCK_CORRECTION: u64 = 86_400;

/// The hint if a body of which a part was read prevents a retry.
const NOT_REPEATED: &str = "The request was not repeated, because its body can be read only once: use upload_reader, or \
    pass a file or bytes.";

impl Client {
    /// Sends a request whose body is its own document, which may be empty.
    pub(crate) fn call<T>(
        &self,
        request: &Request<'_>,
        parse: impl FnMut(Response) -> Result<T>,
    ) -> Result<T> {
        self.call_until(self.deadline(), request, parse)
    }

    /// Sends a request like [`call`](Self::call), with the deadline of an enclosing call.
    pub(crate) fn call_until<T>(
        &self,
        deadline: Option<Instant>,
        request: &Request<'_>,
        parse: impl FnMut(Response) -> Result<T>,
    ) -> Result<T> {
        self.call_noting_repetition(deadline, request, &mut false, parse)
    }

    /// Sends a request like [`call_until`](Self::call_until). Sets `repeated` if an attempt whose outcome is unknown was
    /// followed by another one, so that the server may have executed the request twice.
    pub(crate) fn call_noting_repetition<T>(
        &self,
        deadline: Option<Instant>,
        request: &Request<'_>,
        repeated: &mut bool,
        parse: impl FnMut(Response) -> Result<T>,
    ) -> Result<T> {
        let mut document = Body::from(request.document.as_str()).open()?;
        self.execute_noting_repetition(deadline, request, &mut document, parse, repeated)
    }

    /// Sends a HEAD request. The response to one that is rejected contains no reason, so a GET of the same
    /// resource, without its content, finds it. That request also corrects the region or the clock.
    pub(crate) fn call_head<T>(
        &self,
        request: &Request<'_>,
        mut parse: impl FnMut(Response) -> Result<T>,
    ) -> Result<T> {
        let deadline = self.deadline();
        let error = match self.call_until(deadline, request, &mut parse) {
            Err(error) if matches!(error.status(), Some(400 | 403)) => error,
            result => return result,
        };
        let mut get = request.clone();
        get.method = Method::Get;
        get = match request.key {
            Some(_) => get.header("range", "bytes=0-0"),
            None => get.query("max-keys", "0"),
        };
        match self.call_until(deadline, &get, |_| Ok(())) {
            Ok(()) => self.call_until(deadline, request, parse),
            Err(cause) if cause.status() == error.status() => Err(cause),
            Err(_) => Err(error),
        }
    }

    /// Sends a request that the server rejects if its effect already exists, such as deleting a bucket.
    ///
    /// `already` is the error code of that rejection. If the response to an earlier attempt was lost, that
    /// attempt may have had the effect, so the code counts as success.
    pub(crate) fn call_idempotent(
        &self,
        deadline: Option<Instant>,
        request: &Request<'_>,
        already: &str,
    ) -> Result<()> {
        match self.call_until(deadline, request, Response::discard) {
            Err(error) if error.is_outcome_unknown() && error.code() == Some(already) => Ok(()),
            result => result,
        }
    }

    /// Returns the deadline of a call that starts now, if a call timeout is set.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        Some(Instant::now() + self.settings().call_timeout?)
    }

    /// Sends a request with a body, and retries it as the retry policy allows. Each attempt is signed again.
    ///
    /// `parse` runs inside the loop, so that an `<Error>` in a 200 response and a truncated response are
    /// retried like any other error. Errors get their context here and nowhere else.
    pub(crate) fn execute<T>(
        &self,
        deadline: Option<Instant>,
        request: &Request<'_>,
        body: &mut BodyReader<'_>,
        parse: impl FnMut(Response) -> Result<T>,
    ) -> Result<T> {
        self.execute_noting_repetition(deadline, request, body, parse, &mut false)
    }

    fn execute_noting_repetition<T>(
        &self,
        deadline: Option<Instant>,
        request: &Request<'_>,
        body: &mut BodyReader<'_>,
        parse: impl FnMut(Response) -> Result<T>,
        repeated: &mut bool,
    ) -> Result<T> {
        let request = self.signer().complete(request);
        self.attempt_all(deadline, &request, body, parse, repeated).map_err(|error| {
            // whatever the last attempt reports, an earlier one may have been executed
            error.after_unknown_outcome(*repeated).with_context(|| request.operation())
        })
    }

    fn attempt_all<T>(
        &self,
        deadline: Option<Instant>,
        request: &Request<'_>,
        body: &mut BodyReader<'_>,
        mut parse: impl FnMut(Response) -> Result<T>,
        outcome_unknown: &mut bool,
    ) -> Result<T> {
        let settings = self.settings();
        let endpoint = self.signer().endpoint();
        validate::sent_headers(&request.headers)?;
        let address = self.signer().address(endpoint, request)?;
        let url = address.url(&request.query_string());
        // only events need the description, so it is not built unless they are enabled
        let call = if settings.events.is_enabled() { request.describe() } else { String::new() };
        if settings.events.is_enabled()
            && let Some(warning) = hints::bucket_in_host(endpoint, request.bucket)
            && self.warns_first()
        {
            settings.events.emit(|| Event::Warning { call: &call, warning: &warning });
        }
        let idle = settings.idle_timeout * if request.slow { SLOW_FACTOR } else { 1 };
        let limits = Limits { idle, deadline, total: settings.call_timeout.unwrap_or_default() };
        let mut corrections = Corrections::default();
        let mut attempt = 1;
        let mut is_repeatable = true;
        loop {
            settings.events.emit(|| Event::Attempt { call: &call, attempt });
            // each attempt has its own date, because servers reject a date that is 15 minutes old
            let now = now_ahead(corrections.clock.unwrap_or_else(|| self.clock_offset()));
            let mut signer = self.signer().signer_until(deadline, now)?;
            if let Some(region) = &corrections.region {
                signer = Cow::Owned(signer.for_region(region));
            }
            self.announce(&call, &signer);
            let signed = signer.sign(request, &address, now);
            let result = self
                .transport()
                .send(request.method, &url, &signed.headers, body, limits)
                .and_then(Response::success)
                .and_then(&mut parse);
            let error = match result {
                Ok(output) => {
                    // anyone on a plain HTTP connection can reject a request for its time, so a correction is
                    // kept only if it helped
                    if let Some(seconds) = corrections.clock {
                        self.set_clock_offset(seconds);
                    }
                    settings.events.emit(|| Event::Succeeded { call: &call, attempt });
                    return Ok(output);
                }
                // a body that fails to read also breaks the connection, so its own error is the cause
                Err(error) => body.take_error().unwrap_or(error),
            };
            // a correction is not a retry: it has no delay, is not counted, and happens at most once per call
            if let Some(correction) = self.correct(&mut corrections, request, &error, &signer, now, deadline)
                && body.rewind()?
            {
                settings.events.emit(|| Event::Corrected { call: &call, correction: &correction });
                continue;
            }
            let may_repeat = request.repeatable || !error.is_unreadable_success();
            if may_repeat && let Some(delay) = self.delay(attempt, &error, deadline) {
                if body.rewind()? {
                    settings.events.emit(|| Event::Retry { call: &call, attempt, error: &error, delay });
                    thread::sleep(delay);
                    *outcome_unknown |= error.is_outcome_unknown();
                    attempt += 1;
                    continue;
                }
                is_repeatable = false;
            }
            let now = OffsetDateTime::now_utc();
            let context = Context { request, endpoint, signer: &signer, signed: signed.texts.as_ref(), now };
            let error = hints::explain(error, &context);
            let error = if is_repeatable {
                hints::after_last_attempt(error)
            } else {
                error.append_hint(NOT_REPEATED)
            };
            return Err(match corrections.renewal_failure {
                Some(failure) => error.append_hint(&format!("Fetching new credentials failed: {failure}")),
                None => error,
            });
        }
    }

    /// Returns the delay before the next attempt, or `None` if the policy or the deadline does not allow one.
    pub(crate) fn delay(&self, attempt: u32, error: &Error, deadline: Option<Instant>) -> Option<Duration> {
        let delay = self.settings().retry.delay(attempt, error)?;
        match deadline {
            Some(deadline) if deadline.saturating_duration_since(Instant::now()) <= delay => None,
            _ => Some(delay),
        }
    }

    /// Reports the credentials that an attempt is signed with, if these are not the last ones reported.
    fn announce(&self, call: &str, signer: &Signer) {
        let Some(credentials) = signer.credentials() else { return };
        let (access_key, Some(source)) = (credentials.access_key(), credentials.source()) else { return };
        if self.settings().events.is_enabled() && self.is_news(access_key) {
            self.settings().events.emit(|| Event::Credentials { call, access_key, source });
        }
    }

    /// Adopts the region or the time that the server reported in an error, or new credentials, unless this call has
    /// already done so. Returns a description of the correction: `region eu-west-1`, `clock +900 s`.
    fn correct(
        &self,
        corrections: &mut Corrections,
        request: &Request<'_>,
        error: &Error,
        signer: &Signer,
        now: OffsetDateTime,
        deadline: Option<Instant>,
    ) -> Option<String> {
        let response = error.response()?;
        if !corrections.credentials
            && let Some(rejected) = signer.credentials()
            && has_expired(response, request, rejected)
        {
            corrections.credentials = true;
            match self.signer().renew(rejected, now, deadline) {
                Ok(true) => return Some("new credentials".to_owned()),
                Ok(false) => {}
                Err(failure) => corrections.renewal_failure = Some(failure),
            }
        }
        if response.code.as_deref() == Some("RequestTimeTooSkewed") && corrections.clock.is_none() {
            let server = Timestamp::from_http(response.date.as_deref()?).date_time()?;
            let seconds = (server - OffsetDateTime::now_utc()).whole_seconds();
            if seconds.unsigned_abs() > MAX_CLOCK_CORRECTION {
                return None;
            }
            corrections.clock = Some(seconds);
            return Some(format!("clock {seconds:+} s"));
        }
        let named = response.region.as_ref().filter(|_| matches!(response.status, 301 | 307 | 400))?;
        match signer {
            Signer::V4(key) if key.region != *named && corrections.region.is_none() => {
                corrections.region = Some(named.clone());
                Some(format!("region {named}"))
            }
            _ => None,
        }
    }
}

/// Returns `true` if the server rejected the credentials as expired. A response to HEAD has no error code, so there
/// it may also mean this.
fn has_expired(response: &ErrorResponse, request: &Request<'_>, rejected: &Credentials) -> bool {
    match response.code.as_deref() {
        Some("ExpiredToken" | "ExpiredTokenException" | "InvalidToken" | "TokenRefreshRequired") => true,
        _ => {
            let without_code = request.method == Method::Head && response.message.is_none();
            without_code && response.status == 400 && response.region.is_none() && rejected.token().is_some()
        }
    }
}

/// The corrections that a call has already made.
#[derive(Default)]
struct Corrections {
    credentials: bool,
    /// Why new credentials could not be fetched.
    renewal_failure: Option<Error>,
    /// How far the server's clock is ahead, in seconds.
    clock: Option<i64>,
    region: Option<String>,
}

/// Returns the time of a clock that is this many seconds ahead of the local one.
fn now_ahead(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::now_utc().saturating_add(time::Duration::seconds(seconds))
}
