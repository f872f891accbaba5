//! A TCP connection, shared by ureq's transport and by a response body that is read without ureq.

use std::io::{self, Read as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ureq::Timeout;

/// A TCP connection to one host and port.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    /// Host and port, as in the request's URI.
    authority: String,
    /// The number of received bytes that are still unread in ureq's input buffer.
    ///
    /// ureq owns the transport that holds the buffer, so the buffer publishes this count here.
    unread: Arc<AtomicUsize>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, authority: &str) -> Self {
        Self { stream, authority: authority.to_owned(), unread: Arc::default() }
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Returns the count of unread bytes, to be updated by the buffer that holds them.
    pub(super) fn unread(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.unread)
    }

    /// Returns `true` if ureq's buffer is empty, so that the next byte of the body comes from the socket.
    pub(super) fn is_drained(&self) -> bool {
        // Relaxed is enough: the thread that reads the body is also the one that fills the buffer.
        self.unread.load(Ordering::Relaxed) == 0
    }

    /// Returns `true` if an idle connection can carry another request.
    ///
    /// Nothing is due on an idle connection. Input is therefore either the end of the stream or bytes that
    /// belong to no request, and both make the connection unusable.
    pub(super) fn is_open(&self) -> bool {
        self.peek().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Returns `true` if the peer has sent bytes that have not been read yet.
    pub(super) fn has_input(&self) -> bool {
        self.peek().is_ok_and(|n| n > 0)
    }

    /// Checks for input without consuming it or waiting for it.
    ///
    /// Fails with `WouldBlock` if there is none, and returns 0 at the end of the stream.
    fn peek(&self) -> io::Result<usize> {
        // A read timeout cannot do this: zero is not allowed, and any other value would wait.
        self.stream.set_nonblocking(true)?;
        let found = self.stream.peek(&mut [0]);
        // Restored even if the peek failed: everything else expects blocking calls with timeouts.
        self.stream.set_nonblocking(false)?;
        found
    }

    /// Reads the bytes that are available, waiting for at most `limit`. Returns 0 at the end of the stream.
    ///
    /// `current` is the read timeout that the socket has now. The timeout is set only if it changes, which
    /// saves a system call on most reads.
    pub(super) fn receive(
        &self,
        buf: &mut [u8],
        limit: Option<Duration>,
        current: &mut Option<Duration>,
        reason: Timeout,
    ) -> Result<usize, ureq::Error> {
        if limit != *current {
            self.stream.set_read_timeout(limit)?;
            *current = limit;
        }
        loop {
            match (&self.stream).read(buf) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => return Err(ureq::Error::Timeout(reason)),
                received => return Ok(received?),
            }
        }
    }
}

/// Returns `true` if the error means that a socket timeout expired: Unix reports `WouldBlock`, Windows
/// `TimedOut`.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

/// Opens a loopback connection and returns both of its ends.
#[cfg(test)]
pub(super) fn pair(authority: &str) -> (Arc<Connection>, TcpStream) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (Arc::new(Connection::new(stream, authority)), listener.accept().unwrap().0)
}
