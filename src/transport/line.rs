//! TCP connections that can be read past ureq, and kept after it.
//!
//! ureq copies a body once more than needed and, for its log, passes over each 16 bytes of it. So the rest of
//! a large body over plain HTTP is read from the socket straight into the caller's buffer. ureq holds such a
//! connection for unfinished and drops it; here it is kept for the next request.

use std::io::{self, Read as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::Timeout;

use super::Limits;

/// How many connections are kept, and how long: as many as ureq keeps for one host.
const MAX_IDLE: usize = 3;
const MAX_AGE: Duration = Duration::from_secs(15);
/// A read that brings this much is one of a fast stream.
const FAST: usize = 64 << 10;
/// How long bytes that have come are held back for more of a fast stream.
const PAUSE: Duration = Duration::from_millis(20);

/// A TCP connection, which ureq's transport shares with the body that is read from it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) stream: TcpStream,
    /// Host and port.
    authority: String,
    /// What has been received and lies in ureq's buffer, unread.
    unread: Arc<AtomicUsize>,
}

impl Line {
    pub(super) fn new(stream: TcpStream, authority: &str) -> Self {
        Self { stream, authority: authority.to_owned(), unread: Arc::default() }
    }

    /// The count of unread bytes, for the buffer that holds them.
    pub(super) fn unread(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.unread)
    }

    /// True where the next byte that the peer sent is still in the socket.
    pub(super) fn is_read_up(&self) -> bool {
        self.unread.load(Ordering::Relaxed) == 0
    }

    /// Asked before an idle connection is used again: bytes that nobody asked for, or its end, say no.
    pub(super) fn is_open(&self) -> bool {
        self.look().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// True where the peer has sent something that is not read yet.
    pub(super) fn has_input(&self) -> bool {
        self.look().is_ok_and(|n| n > 0)
    }

    /// Whether something lies in the socket, without taking it: `WouldBlock` says no, 0 is the end.
    fn look(&self) -> io::Result<usize> {
        self.stream.set_nonblocking(true)?;
        let found = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false)?;
        found
    }

    /// Receives what is there, 0 at the end, within a limit on silence. `told` is the limit that the socket
    /// has, so that it is set only where it changes.
    pub(super) fn receive(
        &self,
        buf: &mut [u8],
        limit: Option<Duration>,
        told: &mut Option<Duration>,
        reason: Timeout,
    ) -> Result<usize, ureq::Error> {
        if limit != *told {
            self.stream.set_read_timeout(limit)?;
            *told = limit;
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

/// The rest of a body, read past ureq.
#[derive(Debug)]
pub(super) struct Rest {
    line: Arc<Line>,
    read_timeout: Option<Duration>,
    /// What ended the last read after it had brought some bytes.
    failure: Option<ureq::Error>,
}

impl Rest {
    pub(super) fn new(line: Arc<Line>) -> Self {
        Self { line, read_timeout: None, failure: None }
    }

    /// Reads what is there, at least one byte.
    ///
    /// While the stream is fast the buffer is filled: a receiver that works off each small piece keeps TCP's
    /// window small for good, and small pieces cost more.
    pub(super) fn read(&mut self, buf: &mut [u8], limits: Limits) -> Result<usize, ureq::Error> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let soon = Limits { idle: limits.idle.min(PAUSE), ..limits };
        let mut last = self.receive(buf, limits)?;
        let mut n = last;
        // Windows calls a socket whose read timed out indeterminate
        while last >= FAST && n < buf.len() && !cfg!(windows) {
            match self.receive(&mut buf[n..], soon) {
                Ok(more) => last = more,
                Err(ureq::Error::Timeout(_)) => break, // for the next read to wait, with nothing in hand
                Err(failure) => {
                    self.failure = Some(failure);
                    break;
                }
            }
            n += last;
        }
        Ok(n)
    }

    fn receive(&mut self, buf: &mut [u8], limits: Limits) -> Result<usize, ureq::Error> {
        let left = limits.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let (limit, reason) = match left {
            Some(left) if left < limits.idle => (left, Timeout::Global),
            _ => (limits.idle, Timeout::PerRead),
        };
        if limit.is_zero() {
            return Err(ureq::Error::Timeout(reason));
        }
        match self.line.receive(buf, Some(limit), &mut self.read_timeout, reason)? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            n => Ok(n),
        }
    }

    /// The connection, once the body is read to its end.
    pub(super) fn into_line(self) -> Arc<Line> {
        self.line
    }
}

pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

/// The connections that ureq has dropped and that are good for more.
#[derive(Clone, Debug, Default)]
pub(super) struct IdleLines(Arc<Mutex<Vec<KeptSince>>>);

type KeptSince = (Arc<Line>, Instant);

impl IdleLines {
    pub(super) fn keep(&self, line: Arc<Line>) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < MAX_AGE);
        if idle.len() == MAX_IDLE {
            idle.remove(0);
        }
        idle.push((line, Instant::now()));
    }

    /// The one used last of those to this host and port that are still open.
    pub(super) fn take(&self, authority: &str) -> Option<Arc<Line>> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < MAX_AGE);
        while let Some(place) = idle.iter().rposition(|(line, _)| line.authority == authority) {
            let (line, _) = idle.remove(place);
            if line.is_open() {
                return Some(line);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;

    use super::*;

    const LIMITS: Limits = Limits { idle: Duration::from_secs(5), deadline: None, total: Duration::ZERO };

    /// Both ends of a connection.
    fn pair(authority: &str) -> (Arc<Line>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (Arc::new(Line::new(stream, authority)), listener.accept().unwrap().0)
    }

    #[test]
    fn a_slow_stream_is_given_out_as_it_comes_and_its_end_is_an_error() {
        let (line, mut peer) = pair("a:80");
        let mut rest = Rest::new(line);
        let mut buf = [0; 100];
        peer.write_all(b"abc").unwrap();
        assert_eq!(rest.read(&mut buf, LIMITS).unwrap(), 3);
        drop(peer);
        let Err(ureq::Error::Io(error)) = rest.read(&mut buf, LIMITS) else { panic!("the end is an error") };
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_fast_stream_fills_the_buffer_and_a_failure_meanwhile_is_told_after_what_came() {
        let (line, mut peer) = pair("a:80");
        let mut rest = Rest::new(line);
        let sender = std::thread::spawn(move || peer.write_all(&vec![7; 4 * FAST + 5]));
        let mut buf = vec![0; 8 * FAST];
        let mut n = 0;
        while n < 4 * FAST + 5 {
            n += rest.read(&mut buf[n..], LIMITS).unwrap();
        }
        sender.join().unwrap().unwrap();
        assert_eq!((n, &buf[..n]), (4 * FAST + 5, &vec![7; 4 * FAST + 5][..]));
        assert!(rest.read(&mut buf, LIMITS).is_err());
    }

    #[test]
    fn bytes_in_hand_do_not_wait_for_a_stream_that_was_fast_and_stops() {
        let (line, mut peer) = pair("a:80");
        peer.write_all(&[7; FAST]).unwrap();
        let mut buf = vec![0; 2 * FAST];
        while line.stream.peek(&mut buf).unwrap() < FAST {
            std::thread::yield_now();
        }
        let mut rest = Rest::new(line);
        assert_eq!(rest.read(&mut buf, LIMITS).unwrap(), FAST);
        // what it was that ended the read, it is no failure, and the limit is what it was
        peer.write_all(b"abc").unwrap();
        assert_eq!(rest.read(&mut buf, LIMITS).unwrap(), 3);
        assert_eq!(rest.line.stream.read_timeout().unwrap(), Some(LIMITS.idle));
    }

    #[test]
    fn a_silent_peer_ends_the_read_by_whichever_limit_comes_first() {
        let (line, _peer) = pair("a:80");
        let idle = Limits { idle: Duration::from_millis(20), ..LIMITS };
        let Err(ureq::Error::Timeout(reason)) = Rest::new(Arc::clone(&line)).read(&mut [0], idle) else {
            panic!("a time-out is one")
        };
        assert_eq!(reason, Timeout::PerRead);
        let deadline = Limits { deadline: Some(Instant::now() + Duration::from_millis(20)), ..LIMITS };
        for _ in 0..2 {
            let Err(ureq::Error::Timeout(reason)) = Rest::new(Arc::clone(&line)).read(&mut [0], deadline)
            else {
                panic!("a time-out is one")
            };
            assert_eq!(reason, Timeout::Global);
        }
    }

    #[test]
    fn kept_connections_come_back_to_their_host_newest_first_while_they_are_open() {
        let idle = IdleLines::default();
        let mut peers = Vec::new();
        for authority in ["a:80", "b:80", "a:80"] {
            let (line, peer) = pair(authority);
            idle.keep(Arc::clone(&line));
            peers.push((line, peer));
        }
        let taken = |authority| idle.take(authority).map(|line| line.stream.local_addr().unwrap());
        assert_eq!(taken("c:80"), None);
        assert_eq!(taken("a:80"), Some(peers[2].0.stream.local_addr().unwrap()));
        let (closed, peer) = peers.remove(0);
        drop(peer);
        assert_eq!(closed.stream.peek(&mut [0]).unwrap(), 0); // its end has arrived
        assert_eq!(taken("a:80"), None);
        let (unclean, peer) = &mut peers[0];
        peer.write_all(b"nobody asked").unwrap();
        assert_eq!(unclean.stream.peek(&mut [0]).unwrap(), 1);
        assert_eq!(taken("b:80"), None);
    }

    #[test]
    fn no_more_than_three_are_kept() {
        let idle = IdleLines::default();
        let mut peers = Vec::new();
        for _ in 0..5 {
            let (line, peer) = pair("a:80");
            peers.push(peer);
            idle.keep(line);
        }
        assert_eq!(std::iter::from_fn(|| idle.take("a:80")).count(), MAX_IDLE);
    }
}
