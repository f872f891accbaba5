//! The one loop that every call goes through: sign, send, classify, and repeat what may be repeated.

use std::borrow::Cow;
use std::thread;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::body::BodyReader;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::hints::{self, ErrorContext};
use crate::request::Request;
use crate::response::Response;
use crate::sign::{Signer, query_string};
use crate::timestamp::Timestamp;
use crate::transport::Limits;
use crate::validate;

/// How much longer the server may be silent in a call that makes it work first, such as completing an upload.
const SLOW_FACTOR: u32 = 10;

impl Client {
    /// Sends a request that has no body and reads its answer.
    pub(crate) fn call<T>(
        &self,
        request: &Request<'_>,
        parse: impl FnMut(Response) -> Result<T>,
    ) -> Result<T> {
        self.execute(request, &mut BodyReader::empty(), parse)
    }

    /// Sends a request, each attempt signed anew, and reads its answer; both are repeated as the retry
    /// policy says. `parse` is within the loop, so that an error in a 200 and an answer cut short are
    /// errors like any other.
    pub(crate) fn execute<T>(
        &self,
        request: &Request<'_>,
        body: &mut BodyReader<'_>,
        parse: impl FnMut(Response) -> Result<T>,
    ) -> Result<T> {
        self.execute_until(self.deadline(), request, body, parse)
    }

    /// Sends a request for a state that may be there only once. The code by which the server says that it is
    /// there already is a success after an attempt that may have brought it about.
    pub(crate) fn execute_idempotent(
        &self,
        request: &Request<'_>,
        body: &mut BodyReader<'_>,
        already: &str,
    ) -> Result<()> {
        match self.execute(request, body, |response| response.finish().map(drop)) {
            Err(error) if error.is_after_unknown_outcome() && error.code() == Some(already) => Ok(()),
            result => result,
        }
    }

    /// When a call that begins now must have ended, where there is such a limit.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        Some(Instant::now() + self.settings().call_timeout?)
    }

    pub(crate) fn execute_until<T>(
        &self,
        deadline: Option<Instant>,
        request: &Request<'_>,
        body: &mut BodyReader<'_>,
        mut parse: impl FnMut(Response) -> Result<T>,
    ) -> Result<T> {
        let settings = self.settings();
        let with_context = |error: Error| error.with_context(|| request.describe());
        let endpoint = self.signer().endpoint();
        validate::sent_headers(&request.headers).map_err(with_context)?;
        let address = self.signer().address(endpoint, request)?;
        let url = address.url(&query_string(&request.query));
        let call = if settings.events.is_enabled() { request.describe() } else { String::new() };
        let idle = settings.idle_timeout * if request.slow { SLOW_FACTOR } else { 1 };
        let limits = Limits { idle, deadline, total: settings.call_timeout.unwrap_or_default() };
        let mut corrections = Corrections::default();
        let mut attempt = 1;
        let mut lost = false;
        loop {
            settings.events.emit(|| Event::Attempt { call: &call, attempt });
            let now = self.now();
            let mut signer = self.signer().signer(now).map_err(with_context)?;
            if let Some(region) = &corrections.region {
                signer = Cow::Owned(signer.for_region(region));
            }
            let signed = signer.sign(request, &address, now);
            let result = self
                .transport()
                .send(request.method, &url, &signed.headers, body, limits)
                .and_then(Response::success)
                .and_then(&mut parse);
            let error = match result {
                Ok(output) => {
                    settings.events.emit(|| Event::Succeeded { call: &call, attempt });
                    return Ok(output);
                }
                // a body that failed ends the connection; its own error is the one to tell
                Err(error) => body.take_error().unwrap_or(error),
            };
            if let Some(what) = self.correct(&mut corrections, &error, &signer) {
                if body.rewind().map_err(with_context)? {
                    settings.events.emit(|| Event::Corrected { call: &call, correction: &what });
                    continue;
                }
            }
            if let Some(delay) = self.delay(attempt, &error, deadline) {
                if body.rewind().map_err(with_context)? {
                    settings.events.emit(|| Event::Retry { call: &call, attempt, error: &error, delay });
                    thread::sleep(delay);
                    lost |= error.outcome_unknown();
                    attempt += 1;
                    continue;
                }
            }
            let now = OffsetDateTime::now_utc();
            let situation =
                ErrorContext { request, endpoint, signer: &signer, signed: signed.texts.as_ref(), now };
            return Err(hints::explain(error, &situation).after_unknown_outcome(lost));
        }
    }

    /// The wait before the next attempt; `None` where the policy or the deadline leaves no time for one.
    pub(crate) fn delay(&self, attempt: u32, error: &Error, deadline: Option<Instant>) -> Option<Duration> {
        let delay = self.settings().retry.delay(attempt, error)?;
        match deadline {
            Some(deadline) if deadline.saturating_duration_since(Instant::now()) <= delay => None,
            _ => Some(delay),
        }
    }

    /// Learns from a refusal what to sign with instead, each thing once a call.
    fn correct(&self, corrections: &mut Corrections, error: &Error, signer: &Signer) -> Option<String> {
        let answer = error.answer()?;
        if answer.code.as_deref() == Some("RequestTimeTooSkewed") && !corrections.clock {
            let server = Timestamp::from_http(answer.date.as_deref()?).date_time()?;
            corrections.clock = true;
            return Some(format!("clock {:+} s", self.set_clock(server)));
        }
        let named = answer.region.as_ref().filter(|_| matches!(answer.status, 301 | 307 | 400))?;
        match signer {
            Signer::V4(keys) if keys.region != *named && corrections.region.is_none() => {
                corrections.region = Some(named.clone());
                Some(format!("region {named}"))
            }
            _ => None,
        }
    }
}

/// What one call has learnt from refusals.
#[derive(Default)]
struct Corrections {
    clock: bool,
    region: Option<String>,
}
