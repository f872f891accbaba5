//! A response body that is read from the socket, without ureq.
//!
//! ureq copies a body once more than necessary and, for its trace log, scans every 16 bytes of it. The rest
//! of a large body over plain HTTP is therefore read from the socket straight into the caller's buffer.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::Timeout;

use super::connection::Connection;
use super::limits::Limits;

/// A read that returns this many bytes indicates a fast stream.
const FULL_READ: usize = 64 << 10;
/// How long received bytes are held back to collect more of a fast stream.
const COALESCE: Duration = Duration::from_millis(20);

/// The rest of a response body, read from its connection.
#[derive(Debug)]
pub(super) struct RawBody {
    connection: Arc<Connection>,
    /// The read timeout that the socket has now; `None` until it is set here.
    read_timeout: Option<Duration>,
    /// The error of a read that had already received some bytes. The next read returns it.
    pending_error: Option<ureq::Error>,
}

impl RawBody {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection, read_timeout: None, pending_error: None }
    }

    /// Reads at least one byte.
    ///
    /// As long as the stream is fast, this fills the buffer. A receiver that processes each small piece as it
    /// arrives keeps the TCP window small for the rest of the transfer, and small pieces cost more CPU time.
    pub(super) fn read(&mut self, buf: &mut [u8], limits: Limits) -> Result<usize, ureq::Error> {
        if let Some(error) = self.pending_error.take() {
            return Err(error);
        }
        let coalesce = Limits { idle: limits.idle.min(COALESCE), ..limits };
        // Only the first receive may wait for the full idle timeout.
        let mut received = self.receive(buf, limits)?;
        let mut n = received;
        // On Windows, the state of a socket is indeterminate after a read timeout, so a read that may time
        // out must not be followed by another.
        while received >= FULL_READ && n < buf.len() && !cfg!(windows) {
            match self.receive(&mut buf[n..], coalesce) {
                Ok(more) => received = more,
                // The stream has paused: return what is there. If it stays silent, the next read waits for
                // the full idle timeout and reports it.
                Err(ureq::Error::Timeout(_)) => break,
                // The caller must get the received bytes before the error: they count as progress, and a
                // download resumes after them.
                Err(error) => {
                    self.pending_error = Some(error);
                    break;
                }
            }
            n += received;
        }
        Ok(n)
    }

    fn receive(&mut self, buf: &mut [u8], limits: Limits) -> Result<usize, ureq::Error> {
        let remaining = limits.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        // Wait until the earlier of the two limits, and report the one that expires.
        let (limit, reason) = match remaining {
            Some(remaining) if remaining < limits.idle => (remaining, Timeout::Global),
            _ => (limits.idle, Timeout::PerRead),
        };
        // A socket timeout of zero is invalid, so an expired limit never reaches the socket.
        if limit.is_zero() {
            return Err(ureq::Error::Timeout(reason));
        }
        match self.connection.receive(buf, Some(limit), &mut self.read_timeout, reason)? {
            // The caller reads only while bytes are due, so the end of the stream cuts the body short.
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            n => Ok(n),
        }
    }

    /// Returns the connection, once the body has been read completely.
    #[must_use = "dropping the connection closes it"]
    pub(super) fn into_connection(self) -> Arc<Connection> {
        self.connection
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::transport::connection::pair;

    const LIMITS: Limits = Limits { idle: Duration::from_secs(5), deadline: None, total: Duration::ZERO };

    #[test]
    fn slow_stream_is_returned_as_it_arrives_and_its_end_is_an_error() {
        let (connection, mut peer) = pair("a:80");
        let mut body = RawBody::new(connection);
        let mut buf = [0; 100];
        peer.write_all(b"abc").unwrap();
        assert_eq!(body.read(&mut buf, LIMITS).unwrap(), 3);
        drop(peer);
        let Err(ureq::Error::Io(error)) = body.read(&mut buf, LIMITS) else {
            panic!("the end of the stream must be an error")
        };
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn fast_stream_fills_the_buffer_and_an_error_follows_the_received_bytes() {
        let (connection, mut peer) = pair("a:80");
        let mut body = RawBody::new(connection);
        let sender = std::thread::spawn(move || peer.write_all(&vec![7; 4 * FULL_READ + 5]));
        let mut buf = vec![0; 8 * FULL_READ];
        let mut n = 0;
        while n < 4 * FULL_READ + 5 {
            n += body.read(&mut buf[n..], LIMITS).unwrap();
        }
        sender.join().unwrap().unwrap();
        assert_eq!((n, &buf[..n]), (4 * FULL_READ + 5, &vec![7; 4 * FULL_READ + 5][..]));
        assert!(body.read(&mut buf, LIMITS).is_err());
    }

    #[test]
    fn received_bytes_are_returned_when_a_fast_stream_pauses() {
        let (connection, mut peer) = pair("a:80");
        peer.write_all(&[7; FULL_READ]).unwrap();
        let mut buf = vec![0; 2 * FULL_READ];
        while connection.stream.peek(&mut buf).unwrap() < FULL_READ {
            std::thread::yield_now();
        }
        let mut body = RawBody::new(connection);
        assert_eq!(body.read(&mut buf, LIMITS).unwrap(), FULL_READ);
        // the pause is no error, and the next read waits for the full idle timeout again
        peer.write_all(b"abc").unwrap();
        assert_eq!(body.read(&mut buf, LIMITS).unwrap(), 3);
        assert_eq!(body.connection.stream.read_timeout().unwrap(), Some(LIMITS.idle));
    }

    #[test]
    fn silent_peer_ends_the_read_at_the_earlier_limit() {
        let (connection, _peer) = pair("a:80");
        let idle = Limits { idle: Duration::from_millis(20), ..LIMITS };
        let Err(ureq::Error::Timeout(reason)) = RawBody::new(Arc::clone(&connection)).read(&mut [0], idle)
        else {
            panic!("the read must time out")
        };
        assert_eq!(reason, Timeout::PerRead);
        let deadline = Limits { deadline: Some(Instant::now() + Duration::from_millis(20)), ..LIMITS };
        for _ in 0..2 {
            let Err(ureq::Error::Timeout(reason)) =
                RawBody::new(Arc::clone(&connection)).read(&mut [0], deadline)
            else {
                panic!("the read must time out")
            };
            assert_eq!(reason, Timeout::Global);
        }
    }
}
