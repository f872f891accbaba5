//! A connection as ureq uses it: ureq sends requests over it, but gets only the framing of the responses.
//!
//! ureq copies a body once more than necessary and, for its trace log, scans every 16 bytes of it. Depending on
//! its features, which another crate may enable, it also decodes a body and stores cookies. Therefore ureq
//! gets a head without any headers but those that frame the body. The original headers bypass it in
//! [`Responses`], under a number that is part of the head.
//!
//! If the length of a body is known, its reader borrows the stream and returns it after the body. ureq gets a
//! [`PLACEHOLDER`] of one byte instead, but only when the stream is back. So ureq still decides whether the
//! connection returns to its pool, and closes it if the body is abandoned.

use std::collections::HashMap;
use std::io;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Error, Timeout};

use super::errors::LostConnection;
use super::limits;
use super::request_context;
use super::response_head::{Framing, HeadError, ResponseHead};
use super::socket::Stream;
use crate::headers::Headers;

/// The only header in the head for ureq that is not framing. Its value is the number of the response.
pub(super) const NUMBER: &str = "number";
/// The body that ureq gets in place of one that is read without it.
const PLACEHOLDER: &[u8] = b".";

/// A stream that is on loan to the reader of a body, and is put back after the body.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot(Arc<Mutex<Option<Box<dyn Stream>>>>);

impl Slot {
    pub(super) fn put(&self, stream: Box<dyn Stream>) {
        *lock(&self.0) = Some(stream);
    }

    pub(super) fn take(&self) -> Option<Box<dyn Stream>> {
        lock(&self.0).take()
    }
}

/// What ureq does not see of a response.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) headers: Headers,
    /// The length of the body, if it is known and ureq expects one. `slot` then contains the stream.
    pub(super) length: Option<u64>,
    pub(super) slot: Slot,
}

/// The responses whose heads ureq is processing, by their numbers. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Responses(Arc<Mutex<(u64, HashMap<u64, Received>)>>);

impl Responses {
    fn put(&self, response: Received) -> u64 {
        let (last, responses) = &mut *lock(&self.0);
        *last += 1;
        responses.insert(*last, response);
        *last
    }

    /// Drops the response of the current request, whose head ureq has not returned. Its connection is closed.
    pub(super) fn discard(&self) {
        if let Some(number) = request_context::response() {
            lock(&self.0).1.remove(&number);
        }
    }

    /// Takes the response of a head that ureq has returned.
    pub(super) fn take(&self, head: &ureq::http::response::Parts) -> Option<Received> {
        let number = head.headers.get(NUMBER)?.to_str().ok()?.parse().ok()?;
        lock(&self.0).1.remove(&number)
    }
}

/// Every critical section is a single assignment or call, so a poisoned lock is harmless.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds HTTP to the stream that the connectors before it have opened.
#[derive(Debug)]
pub(super) struct HttpConnector(pub(super) Responses);

impl<In: Stream> Connector<In> for HttpConnector {
    type Out = HttpConnection;

    fn connect(&self, _: &ConnectionDetails<'_>, stream: Option<In>) -> Result<Option<Self::Out>, Error> {
        Ok(stream.map(|stream| HttpConnection::new(Box::new(stream), self.0.clone())))
    }
}

/// A connection that carries one request and its response at a time.
#[derive(Debug)]
pub(super) struct HttpConnection {
    /// `None` while it is on loan.
    stream: Option<Box<dyn Stream>>,
    slot: Slot,
    responses: Responses,
    /// What ureq reads instead of the input of the stream.
    substitute: LazyBuffers,
    /// A request has been sent, at least in part, and its response is due.
    awaiting_head: bool,
    /// The peer has sent a response, so it does not speak TLS.
    is_http: bool,
    /// The peer is a proxy that forwards requests.
    is_forwarded: bool,
}

impl HttpConnection {
    /// Creates a connection from a stream that carries HTTP, after any handshakes.
    fn new(stream: Box<dyn Stream>, responses: Responses) -> Self {
        Self {
            is_http: stream.is_tls(),
            is_forwarded: stream.is_forwarded(),
            stream: Some(stream),
            slot: Slot::default(),
            responses,
            substitute: LazyBuffers::new(256, 1),
            awaiting_head: false,
        }
    }

    /// Waits for the head of the final response, and passes its framing to ureq.
    ///
    /// The idle timeout covers the whole head and all interim responses before it, which do not count as progress.
    fn receive_head(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let stream = self.stream.as_mut().ok_or_else(lost)?;
        let awaits_100 = timeout.reason == Timeout::Await100;
        // Waiting for a 100 has a limit of its own, after which the body is sent. The idle timeout does not apply.
        let timeout = if awaits_100 { NextTimeout { per_read: None, ..timeout } } else { timeout.for_read() };
        let started = Instant::now();
        let mut received = false;
        // The first wait has the whole timeout, which the socket usually has already.
        let mut left = timeout;
        loop {
            match ResponseHead::parse(stream.buffers().input()) {
                // A request with `Expect: 100-continue`: ureq only looks at the status. The head of a final response
                // stays in the input and is received when ureq waits for it.
                Ok(Some(head)) if awaits_100 && (head.status == 100 || !head.is_interim()) => {
                    stream.buffers().input_consume(if head.status == 100 { head.len } else { 0 });
                    self.substitute_input(format!("HTTP/1.1 {}\r\n\r\n", head.status).as_bytes());
                    return Ok(true);
                }
                Ok(Some(head)) if head.is_interim() => {
                    stream.buffers().input_consume(head.len);
                    received = true;
                }
                Ok(Some(head)) => {
                    stream.buffers().input_consume(head.len);
                    self.pass_on(head).map_err(other)?;
                    return Ok(true);
                }
                Ok(None) => match stream.await_input(left) {
                    Ok(true) => (received, left) = (true, remaining(timeout, started)),
                    Ok(false) => return Ok(false),
                    Err(Error::Timeout(Timeout::PerRead)) if received => {
                        return Err(other(HeadError::Unfinished));
                    }
                    Err(error) => return Err(error),
                },
                // Only the first bytes of a connection can be an alert. Later, the same bytes are garbage.
                Err(HeadError::TlsAlert) if self.is_http => {
                    return Err(other(HeadError::Malformed("it does not start with HTTP/1")));
                }
                Err(error) => return Err(other(error)),
            }
        }
    }

    /// Passes the framing of a final response to ureq.
    fn pass_on(&mut self, head: ResponseHead) -> Result<(), HeadError> {
        let (framing, reusable) = head.framing(self.is_forwarded)?;
        let ResponseHead { status, headers, .. } = head;
        let close = if reusable { "" } else { "connection: close\r\n" };
        let (framing, length) = match framing {
            Framing::Length(0) => ("content-length: 0\r\n", None),
            Framing::Length(length) => ("content-length: 1\r\n", Some(length)),
            Framing::Chunked => ("transfer-encoding: chunked\r\n", None),
            Framing::Close => ("", None),
        };
        if let Some(stream) = self.stream.take_if(|_| length.is_some()) {
            self.slot.put(stream);
        }
        let number = self.responses.put(Received { headers, length, slot: self.slot.clone() });
        request_context::set_response(number);
        let head = format!("HTTP/1.1 {status}\r\n{close}{framing}{NUMBER}: {number}\r\n\r\n");
        self.substitute_input(head.as_bytes());
        (self.awaiting_head, self.is_http) = (false, true);
        Ok(())
    }

    fn substitute_input(&mut self, input: &[u8]) {
        let unused = self.substitute.input().len();
        self.substitute.input_consume(unused);
        self.substitute.input_append_buf()[..input.len()].copy_from_slice(input);
        self.substitute.input_appended(input.len());
    }
}

impl Transport for HttpConnection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        match &mut self.stream {
            Some(stream) if self.substitute.input().is_empty() => stream.buffers(),
            _ => &mut self.substitute,
        }
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let stream = self.stream.as_mut().ok_or_else(lost)?;
        if !mem::replace(&mut self.awaiting_head, true) {
            // Nothing that arrived before the request can be its response.
            if !stream.buffers().input().is_empty() {
                return Err(other(HeadError::Malformed("it was sent before the request")));
            }
            stream.begin_request();
        } else if request_context::is_sending_stopped() {
            // Nothing of the body is sent any more, so it need not be encrypted, either.
            return Ok(());
        }
        stream.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        if self.awaiting_head {
            return self.receive_head(timeout);
        }
        if let Some(stream) = &mut self.stream {
            // ureq would take a lost connection for the end of a body whose length is unknown.
            return stream.await_input(timeout).map_err(|error| match error {
                Error::Io(error) => Error::Other(Box::new(LostConnection(error))),
                error => error,
            });
        }
        self.stream = Some(self.slot.take().ok_or_else(lost)?);
        self.substitute_input(PLACEHOLDER);
        Ok(true)
    }

    fn is_open(&mut self) -> bool {
        // The stream is still in its slot if the response to a HEAD has a length.
        self.stream = self.stream.take().or_else(|| self.slot.take());
        let idle = |stream: &mut Box<dyn Stream>| stream.buffers().input().is_empty() && stream.is_open();
        self.stream.as_mut().is_some_and(idle)
    }

    fn is_tls(&self) -> bool {
        self.stream.as_ref().is_some_and(Transport::is_tls)
    }
}

/// Returns the time that is left of a timeout for reading.
fn remaining(timeout: NextTimeout, started: Instant) -> NextTimeout {
    let after = limits::left(timeout.after, started);
    NextTimeout { after, reason: timeout.reason, per_read: None, per_write: None }
}

fn other(error: HeadError) -> Error {
    Error::Other(Box::new(error))
}

/// Returns the error of a connection whose stream the reader of a body has dropped.
fn lost() -> Error {
    io::Error::from(io::ErrorKind::UnexpectedEof).into()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A stream that only counts the output.
    #[derive(Debug)]
    struct Counter(LazyBuffers, Arc<AtomicUsize>);

    impl Stream for Counter {}

    impl Transport for Counter {
        fn buffers(&mut self) -> &mut dyn Buffers {
            &mut self.0
        }

        fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
            self.1.fetch_add(amount, Ordering::Relaxed);
            Ok(())
        }

        fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
            Ok(false)
        }

        fn is_open(&mut self) -> bool {
            true
        }
    }

    /// Over TLS it would be encrypted, which takes seconds for a large body.
    #[test]
    fn rest_of_a_rejected_body_is_not_passed_to_the_stream() {
        let _scope = request_context::begin(100);
        let sent = Arc::default();
        let stream = Counter(LazyBuffers::new(1, 1), Arc::clone(&sent));
        let mut connection = HttpConnection::new(Box::new(stream), Responses::default());
        connection.transmit_output(20, NextTimeout::default()).unwrap();
        connection.transmit_output(3, NextTimeout::default()).unwrap();
        request_context::stop_sending();
        connection.transmit_output(97, NextTimeout::default()).unwrap();
        assert_eq!(sent.load(Ordering::Relaxed), 23);
    }
}
