//! TCP for ureq: with buffers that grow, and with an answer that comes before the request is whole.
//!
//! A server that refuses a large upload answers at once and then closes the connection, or reads no
//! further. ureq's own transport ends there with a malformed pipe, or waits. This one keeps the answer: once
//! the peer takes no more of the request, the rest is dropped and reading begins.

use std::io::{self, Write as _};
use std::mem;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport};
use ureq::{Error, Timeout};

use super::buffers::GrowingBuffers;
use super::errors::SpeaksTls;
use super::line::{IdleLines, Line, is_timeout};
use super::request_context;

/// How often a write that is stuck looks whether the answer is there already.
const LOOK: Duration = Duration::from_millis(250);
/// How an alert of any version of TLS begins: what is said to a client that does not speak it.
const TLS_ALERT: [u8; 2] = [0x15, 0x03];

#[derive(Debug)]
pub(super) struct SocketConnector {
    pub(super) idle: IdleLines,
    /// Requests are plain HTTP. Through a tunnel of a proxy that cannot be told from the URI, which is the proxy's.
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
        let kept = if plain { self.idle.take(authority) } else { None };
        let unheard = plain && kept.is_none();
        let line = match kept {
            Some(line) => line,
            None => {
                let stream = connect(details)?;
                stream.set_nodelay(true)?;
                Arc::new(Line::new(stream, authority))
            }
        };
        Ok(Some(Either::B(Socket {
            read_timeout: line.stream.read_timeout()?,
            write_timeout: line.stream.write_timeout()?,
            buffers: GrowingBuffers::new(line.unread()),
            line,
            refused: false,
            plain,
            used: true,
            unheard,
        })))
    }
}

/// Tries the addresses in turn; each gets an equal share of the time that is left.
fn connect(details: &ConnectionDetails<'_>) -> Result<TcpStream, Error> {
    let started = Instant::now();
    let mut last = Error::HostNotFound;
    for (i, address) in details.addrs.iter().enumerate() {
        let attempt = match details.timeout.not_zero() {
            None => TcpStream::connect(address),
            Some(limit) => {
                let left = limit.saturating_sub(started.elapsed());
                let share = left / (details.addrs.len() - i) as u32;
                TcpStream::connect_timeout(address, share.max(Duration::from_millis(10)))
            }
        };
        match attempt {
            Ok(stream) => return Ok(stream),
            Err(error) if is_timeout(&error) => last = Error::Timeout(Timeout::Connect),
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

#[derive(Debug)]
pub(super) struct Socket {
    line: Arc<Line>,
    buffers: GrowingBuffers,
    /// The socket's own timeouts, so that they are set only where they change.
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    refused: bool,
    plain: bool,
    /// It has been used since it was last asked whether it is open.
    used: bool,
    /// The peer has not said anything yet, and if it speaks TLS, we do not.
    unheard: bool,
}

impl Transport for Socket {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.used = true;
        if self.plain {
            request_context::use_line(&self.line);
        }
        let timeout = timeout.for_write();
        let limit = time_left(timeout)?;
        // TLS cannot be looked into, so it waits for the whole time at once
        let patience = if self.plain { Some(limit.map_or(LOOK, |limit| limit.min(LOOK))) } else { limit };
        if patience != self.write_timeout {
            self.line.stream.set_write_timeout(patience)?;
            self.write_timeout = patience;
        }
        let mut since = Instant::now();
        let mut sent = 0;
        while sent < amount && !self.refused {
            match (&self.line.stream).write(&self.buffers.filled()[sent..amount]) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(n) => {
                    sent += n;
                    if timeout.reason == Timeout::PerWrite {
                        since = Instant::now(); // an idle limit, and this was not idle
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => {
                    let over = limit.is_some_and(|limit| since.elapsed() >= limit);
                    // under TLS the input may be a session ticket, which is a reason to hope at the end only
                    if (self.plain || over) && self.line.has_input() {
                        self.refuse();
                    } else if over {
                        return Err(Error::Timeout(timeout.reason));
                    }
                }
                Err(error) if is_hang_up(&error) => self.refuse(),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let timeout = timeout.for_read();
        let limit = time_left(timeout)?;
        let buf = self.buffers.input_append_buf();
        let n = self.line.receive(buf, limit, &mut self.read_timeout, timeout.reason)?;
        self.buffers.input_appended(n);
        if mem::take(&mut self.unheard) && self.buffers.input().starts_with(&TLS_ALERT) {
            return Err(Error::Other(Box::new(SpeaksTls)));
        }
        Ok(n > 0)
    }

    /// Asked when a connection becomes idle and again before it is used; only the second needs a look.
    fn is_open(&mut self) -> bool {
        let used = mem::replace(&mut self.used, false);
        !self.refused && (used || self.line.is_open())
    }
}

impl Socket {
    fn refuse(&mut self) {
        self.refused = true;
        request_context::refuse();
    }
}

/// The time that is left, `None` where there is no limit; none left is an error.
fn time_left(timeout: NextTimeout) -> Result<Option<Duration>, Error> {
    if timeout.after.is_zero() {
        return Err(Error::Timeout(timeout.reason));
    }
    Ok(timeout.not_zero().map(|limit| *limit))
}

fn is_hang_up(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), BrokenPipe | ConnectionReset | ConnectionAborted)
}
