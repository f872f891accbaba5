//! TCP for ureq, with growing buffers and with support for responses that arrive before the request is
//! complete.
//!
//! A server that rejects a large upload responds at once and then closes the connection or stops reading.
//! ureq's own transport fails with a broken pipe in that case, or waits. This one preserves the response:
//! once the peer stops accepting data, the rest of the request is skipped and the response is read.

use std::io::{self, Read as _, Write as _};
use std::mem;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use super::buffers::{GrowingBuffers, SMALL};
use super::connect::{self, DialError, Dialer, is_timeout};
use super::limits;
use super::request_context;
use super::response_head::ResponseHead;

/// How long a connection is silent before the system asks the peer whether it is still there. Shorter than the
/// time after which routers forget a silent connection.
#[cfg(feature = "tcp-keepalive")]
const KEEPALIVE: Duration = Duration::from_secs(60);
/// How often a blocked write checks whether the response has arrived already.
const PEEK_INTERVAL: Duration = Duration::from_millis(250);

/// A transport whose input can be received without ureq.
pub(super) trait Stream: Transport {
    /// Receives bytes, directly into `buf` if the transport supports that and its own buffer is empty. Returns 0 at
    /// the end of the stream.
    fn receive(&mut self, buf: &mut [u8], timeout: NextTimeout) -> Result<usize, Error> {
        self.receive_buffered(buf, timeout)
    }

    /// Receives bytes through the buffer, which is cheaper if `buf` is small.
    fn receive_buffered(&mut self, buf: &mut [u8], timeout: NextTimeout) -> Result<usize, Error> {
        if self.buffers().input().is_empty() && !self.await_input(timeout)? {
            return Ok(0);
        }
        let buffers = self.buffers();
        let input = buffers.input();
        let n = input.len().min(buf.len());
        buf[..n].copy_from_slice(&input[..n]);
        buffers.input_consume(n);
        Ok(n)
    }

    /// Announces that the next output begins a request.
    fn begin_request(&mut self) {}

    /// Returns `true` if a proxy forwards the requests and the responses.
    fn is_forwarded(&self) -> bool {
        false
    }
}

/// Transports of ureq whose types cannot be named.
#[cfg(feature = "native-tls")]
impl Stream for Box<dyn Transport> {}

impl Stream for Box<dyn Stream> {
    fn receive(&mut self, buf: &mut [u8], timeout: NextTimeout) -> Result<usize, Error> {
        (**self).receive(buf, timeout)
    }

    fn begin_request(&mut self) {
        (**self).begin_request();
    }

    fn is_forwarded(&self) -> bool {
        (**self).is_forwarded()
    }
}

/// Connects to a server or a proxy.
#[derive(Debug)]
pub(super) struct SocketConnector {
    pub(super) dialer: Dialer,
    /// Neither the endpoint nor the proxy, if any, uses TLS.
    pub(super) plain: bool,
}

impl Connector for SocketConnector {
    type Out = Socket;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Socket>, Error> {
        let limit = connect::time_left(details)?;
        let stream = self.dialer.connect(&details.addrs, limit.not_zero().map(|limit| *limit));
        let stream = stream.map_err(|error| match error {
            DialError::Timeout => Error::Timeout(limit.reason),
            error @ DialError::Io(..) => Error::Other(Box::new(error)),
        })?;
        let plain = self.plain && details.uri.scheme_str() == Some("http");
        Ok(Some(Socket::new(stream, plain)?))
    }
}

/// A TCP connection.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
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
}

impl Stream for Socket {
    fn receive(&mut self, buf: &mut [u8], timeout: NextTimeout) -> Result<usize, Error> {
        if self.buffers.input().is_empty() {
            receive(&self.stream, buf, &mut self.read_timeout, timeout)
        } else {
            self.receive_buffered(buf, timeout)
        }
    }
}

impl Transport for Socket {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.used = true;
        let started = Instant::now();
        let (mut left, mut idle_since, mut sent) = (timeout, started, 0);
        // Once sending has stopped, this returns success without sending anything. ureq then believes that
        // the request is complete and reads the response.
        while sent < amount && !self.sending_stopped {
            match time_left(left.for_write()) {
                Ok(limit) => self.set_write_timeout(limit)?,
                Err(_) if self.is_rejected(true) => {
                    self.stop_sending();
                    break;
                }
                Err(error) => return Err(error),
            }
            match (&self.stream).write(&self.buffers.pending_output()[sent..amount]) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(n) => {
                    sent += n;
                    idle_since = Instant::now();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => {
                    if self.is_rejected(false) {
                        self.stop_sending();
                    }
                }
                // The response may have arrived before the peer closed the connection. If it has not, reading
                // it fails and reports the lost connection.
                Err(error) if is_disconnect(&error) => self.stop_sending(),
                Err(error) => return Err(error.into()),
            }
            // Progress restarts the idle timeout, but not the time that is left for the call.
            left.after = limits::left(timeout.after, started);
            left.per_write = timeout.per_write.map(|limit| limits::left(limit, idle_since));
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let buf = self.buffers.input_append_buf();
        let n = receive(&self.stream, buf, &mut self.read_timeout, timeout)?;
        self.buffers.input_appended(n);
        Ok(n > 0)
    }

    /// Returns `true` if the connection can carry another request.
    ///
    /// ureq calls this when a connection becomes idle, and again before it uses the connection. Only the
    /// second call has to check for input, as only an idle connection can become stale.
    fn is_open(&mut self) -> bool {
        // After an incomplete request, the server would take the next one for the rest of the body. Input that
        // belongs to no request is either the end of the stream or garbage.
        if self.sending_stopped || !self.buffers.input().is_empty() {
            return false;
        }
        if mem::replace(&mut self.used, false) {
            self.buffers.shrink();
            return true;
        }
        self.peek(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl Socket {
    /// Creates a transport over a connected stream, which carries HTTP if it is `plain`, and otherwise TLS.
    fn new(stream: TcpStream, plain: bool) -> io::Result<Self> {
        // The head and the body of a request are separate writes. Nagle's algorithm would hold back the second
        // one until the peer acknowledges the first.
        stream.set_nodelay(true)?;
        // Only an optimisation, so a system that does not support it is no reason to fail.
        #[cfg(feature = "tcp-keepalive")]
        let _ = socket2::SockRef::from(&stream)
            .set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(KEEPALIVE));
        Ok(Self {
            read_timeout: stream.read_timeout()?,
            write_timeout: stream.write_timeout()?,
            stream,
            buffers: GrowingBuffers::default(),
            sending_stopped: false,
            plain,
            used: true,
        })
    }

    /// Sets how long the next write may block. It is shorter than `limit` if an early response can be detected.
    fn set_write_timeout(&mut self, limit: Option<Duration>) -> io::Result<()> {
        // Over TLS a peek sees only ciphertext, which may be anything. On Windows, the state of a socket is
        // indeterminate after a write timeout, so nothing could be sent any more.
        let peeks = self.plain && !cfg!(windows);
        let timeout =
            if peeks { Some(limit.map_or(PEEK_INTERVAL, |limit| limit.min(PEEK_INTERVAL))) } else { limit };
        if timeout != self.write_timeout {
            self.stream.set_write_timeout(timeout)?;
            self.write_timeout = timeout;
        }
        Ok(())
    }

    fn stop_sending(&mut self) {
        self.sending_stopped = true;
        // The body need not be read any further.
        request_context::stop_sending();
    }

    /// Returns `true` if a final response to an incomplete request has arrived.
    fn is_rejected(&self, expired: bool) -> bool {
        if !self.plain {
            // The input may just be a session ticket. It is taken for a response only if the call would
            // otherwise fail.
            return expired && self.peek(&mut [0]).is_ok_and(|n| n > 0);
        }
        let mut input = vec![0; SMALL];
        while let Ok(n @ 1..) = self.peek(&mut input) {
            match ResponseHead::parse(&input[..n]) {
                // An interim response, which must not hide the final one.
                Ok(Some(head)) if head.is_interim() => {
                    if (&self.stream).read_exact(&mut input[..head.len]).is_err() {
                        return false;
                    }
                }
                Ok(None) => return false,
                Ok(Some(_)) | Err(_) => return true,
            }
        }
        false
    }

    /// Reads input without consuming it or waiting for it.
    ///
    /// Fails with `WouldBlock` if there is none, and returns 0 at the end of the stream.
    fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        // A read timeout cannot do this: zero is not allowed, and any other value would wait.
        self.stream.set_nonblocking(true)?;
        let found = self.stream.peek(buf);
        // Restored even if the peek failed: everything else expects blocking calls with timeouts.
        self.stream.set_nonblocking(false)?;
        found
    }
}

/// Reads the bytes that are available, waiting until the timeout. Returns 0 at the end of the stream.
///
/// `current` is the read timeout that the socket has now. The timeout is set only if it changes, which saves a
/// system call on most reads.
fn receive(
    mut stream: &TcpStream,
    buf: &mut [u8],
    current: &mut Option<Duration>,
    timeout: NextTimeout,
) -> Result<usize, Error> {
    let timeout = timeout.for_read();
    let limit = time_left(timeout)?;
    if limit != *current {
        stream.set_read_timeout(limit)?;
        *current = limit;
    }
    loop {
        match stream.read(buf) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if is_timeout(&error) => return Err(Error::Timeout(timeout.reason)),
            received => return Ok(received?),
        }
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

#[cfg(all(test, feature = "tcp-keepalive"))]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use ureq::Timeout;
    use ureq::unversioned::transport::time;

    use super::*;

    /// Without the small buffers of the system, a few reads of the peer would be enough for the whole output.
    #[test]
    fn deadline_ends_a_write_although_the_peer_makes_progress() {
        const PIECE: usize = 1 << 10;
        let _scope = request_context::begin(u64::MAX);
        for per_write in [None, Some(Duration::from_millis(100))] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            socket2::SockRef::from(&listener).set_recv_buffer_size(PIECE).unwrap();
            let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            socket2::SockRef::from(&stream).set_send_buffer_size(PIECE).unwrap();
            let mut peer = listener.accept().unwrap().0;
            let peer = thread::spawn(move || {
                while peer.read(&mut [0; PIECE]).is_ok_and(|n| n > 0) {
                    thread::sleep(Duration::from_millis(5));
                }
            });
            let mut socket = Socket::new(stream, true).unwrap();
            let amount = socket.buffers().output().len();
            let timeout = NextTimeout {
                after: time::Duration::from_millis(200),
                reason: Timeout::Global,
                per_read: None,
                per_write: per_write.map(time::Duration::Exact),
            };
            let error = socket.transmit_output(amount, timeout).unwrap_err();
            assert!(matches!(error, Error::Timeout(Timeout::Global)), "{error}");
            drop(socket);
            peer.join().unwrap();
        }
    }
}
