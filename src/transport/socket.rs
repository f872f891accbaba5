//! TCP for ureq, with growing buffers and with support for responses that arrive before the request is
//! complete.
//!
//! A server that rejects a large upload responds at once and then closes the connection or stops reading.
//! ureq's own transport fails with a broken pipe in that case, or waits. This one preserves the response:
//! once the peer stops accepting data, the rest of the request is skipped and the response is read.

use std::io::{self, Write as _};
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport};
use ureq::{Error, Timeout};

use super::buffers::GrowingBuffers;
use super::connect::{self, DialError, Dialer};
use super::connection::{Connection, is_timeout};
use super::errors::TlsAlert;
use super::idle_pool::IdlePool;
use super::request_context;

/// How often a blocked write checks whether the response has arrived already.
const PEEK_INTERVAL: Duration = Duration::from_millis(250);
/// The first bytes of an alert in any version of TLS. A TLS server sends one to a client that does not speak
/// TLS.
const TLS_ALERT: [u8; 2] = [0x15, 0x03];

/// Connects to a server or a proxy, unless an idle connection to it is available.
#[derive(Debug)]
pub(super) struct SocketConnector {
    pub(super) idle: IdlePool,
    pub(super) dialer: Dialer,
    /// Neither the endpoint nor the proxy, if any, uses TLS.
    pub(super) plain: bool,
}

impl<In: Transport> Connector<In> for SocketConnector {
    type Out = Either<In, Socket>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        if let Some(tunnel) = chained {
            return Ok(Some(Either::A(tunnel)));
        }
        let plain = self.plain && details.uri.scheme_str() == Some("http");
        let authority = details.uri.authority().map_or("", |authority| authority.as_str());
        let pooled = if plain { self.idle.take(authority) } else { None };
        // A pooled connection has already carried an HTTP response, so its peer does not speak TLS.
        let awaiting_first_byte = plain && pooled.is_none();
        let connection = match pooled {
            Some(connection) => connection,
            None => {
                let limit = connect::time_left(details)?;
                let stream = self.dialer.connect(&details.addrs, limit.not_zero().map(|limit| *limit));
                let stream = stream.map_err(|error| match error {
                    DialError::Timeout => Error::Timeout(limit.reason),
                    error @ DialError::Io(..) => Error::Other(Box::new(error)),
                })?;
                // The head and the body of a request are separate writes. Nagle's algorithm would hold back
                // the second one until the peer acknowledges the first.
                stream.set_nodelay(true)?;
                Arc::new(Connection::new(stream, authority))
            }
        };
        Ok(Some(Either::B(Socket {
            // A pooled connection still has the timeouts of its last request.
            read_timeout: connection.stream.read_timeout()?,
            write_timeout: connection.stream.write_timeout()?,
            buffers: GrowingBuffers::new(connection.unread()),
            connection,
            sending_stopped: false,
            plain,
            used: true,
            awaiting_first_byte,
        })))
    }
}

/// A connection as ureq uses it.
#[derive(Debug)]
pub(super) struct Socket {
    connection: Arc<Connection>,
    buffers: GrowingBuffers,
    /// The timeouts that the socket has now, so that they are set only if they change.
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    /// The peer did not accept the whole request.
    sending_stopped: bool,
    /// The connection carries plain HTTP, not TLS.
    plain: bool,
    /// The connection has been used since `is_open` was last called.
    used: bool,
    /// The peer has not sent anything yet, and it may turn out to be a TLS server.
    awaiting_first_byte: bool,
}

impl Transport for Socket {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.used = true;
        if self.plain {
            request_context::set_connection(&self.connection);
        }
        let timeout = timeout.for_write();
        let limit = time_left(timeout)?;
        // Wake up every PEEK_INTERVAL to look for an early response. Over TLS a peek sees only ciphertext,
        // which may be anything, so one write waits for the whole time.
        let write_timeout = if self.plain {
            Some(limit.map_or(PEEK_INTERVAL, |limit| limit.min(PEEK_INTERVAL)))
        } else {
            limit
        };
        if write_timeout != self.write_timeout {
            self.connection.stream.set_write_timeout(write_timeout)?;
            self.write_timeout = write_timeout;
        }
        let mut since = Instant::now();
        let mut sent = 0;
        // Once sending has stopped, this returns success without sending anything. ureq then believes that
        // the request is complete and reads the response.
        while sent < amount && !self.sending_stopped {
            match (&self.connection.stream).write(&self.buffers.pending_output()[sent..amount]) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(n) => {
                    sent += n;
                    if timeout.reason == Timeout::PerWrite {
                        // The idle timeout starts again after each write that makes progress. A deadline does
                        // not.
                        since = Instant::now();
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => {
                    let expired = limit.is_some_and(|limit| since.elapsed() >= limit);
                    // Over TLS the input may just be a session ticket. It is taken for a response only if the
                    // call would otherwise fail.
                    if (self.plain || expired) && self.connection.has_input() {
                        self.stop_sending();
                    } else if expired {
                        return Err(Error::Timeout(timeout.reason));
                    }
                }
                // The response may have arrived before the peer closed the connection. If it has not, reading
                // it fails and reports the lost connection.
                Err(error) if is_disconnect(&error) => self.stop_sending(),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let timeout = timeout.for_read();
        let limit = time_left(timeout)?;
        let buf = self.buffers.input_append_buf();
        let n = self.connection.receive(buf, limit, &mut self.read_timeout, timeout.reason)?;
        self.buffers.input_appended(n);
        // Only the first bytes of a connection can be the alert of a TLS server. Later the same bytes are
        // just a malformed response.
        if mem::take(&mut self.awaiting_first_byte) && self.buffers.input().starts_with(&TLS_ALERT) {
            return Err(Error::Other(Box::new(TlsAlert)));
        }
        Ok(n > 0)
    }

    /// Returns `true` if the connection can carry another request.
    ///
    /// ureq calls this when a connection becomes idle, and again before it uses the connection. Only the
    /// second call has to check for input, as only an idle connection can become stale.
    fn is_open(&mut self) -> bool {
        let used = mem::replace(&mut self.used, false);
        // After an incomplete request, the server would take the next one for the rest of the body.
        !self.sending_stopped && (used || self.connection.is_open())
    }
}

impl Socket {
    fn stop_sending(&mut self) {
        self.sending_stopped = true;
        // The body need not be read any further.
        request_context::stop_sending();
    }
}

/// Returns the time that is left, or `None` if there is no limit. Fails if no time is left.
fn time_left(timeout: NextTimeout) -> Result<Option<Duration>, Error> {
    if timeout.after.is_zero() {
        return Err(Error::Timeout(timeout.reason));
    }
    Ok(timeout.not_zero().map(|limit| *limit))
}

/// Returns `true` if the peer has closed the connection.
fn is_disconnect(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), BrokenPipe | ConnectionReset | ConnectionAborted)
}
