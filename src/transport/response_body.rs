//! The body of a response: read from its stream if its length is known, otherwise by ureq.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use ureq::Timeout;
use ureq::http::uri::Authority;
use ureq::unversioned::transport::{NextTimeout, time};

use super::connection::Slot;
use super::errors;
use super::limits::Limits;
use super::socket::Stream;

/// The smallest buffer that is filled directly from the socket.
const LARGE_READ: usize = 256 << 10;
/// A read that returns this many bytes indicates a fast stream.
const FULL_READ: usize = 64 << 10;
/// How long received bytes are held back to collect more of a fast stream.
const COALESCE: Duration = Duration::from_millis(20);

/// The body of a response. Its `io::Error`s wrap an [`Error`](crate::Error).
pub(super) struct ResponseBody {
    /// The body itself, or a placeholder for it if `direct` is set.
    ureq: ureq::BodyReader<'static>,
    direct: Option<DirectBody>,
    /// The body was cut short. ureq would report its end on the next read.
    lost: bool,
    limits: Limits,
    /// The server, for error texts.
    server: Option<Authority>,
}

/// A body of known length, read from its stream without ureq.
pub(super) struct DirectBody {
    pub(super) stream: Box<dyn Stream>,
    /// Where the stream belongs after the body.
    pub(super) slot: Slot,
    /// The number of bytes still to be read, at least 1.
    pub(super) remaining: u64,
}

impl ResponseBody {
    pub(super) fn new(
        ureq: ureq::BodyReader<'static>,
        direct: Option<DirectBody>,
        limits: Limits,
        server: Option<Authority>,
    ) -> Self {
        Self { ureq, direct, lost: false, limits, server }
    }

    fn read_some(&mut self, buf: &mut [u8]) -> Result<usize, ureq::Error> {
        // Reading 0 bytes from a socket means the end of the stream, so an empty buffer never gets that far.
        if buf.is_empty() {
            return Ok(0);
        }
        if self.lost {
            return Err(end_of_stream());
        }
        let Some(body) = &mut self.direct else { return Ok(self.ureq.read(buf)?) };
        let n = body.read(buf, self.limits)?;
        // Return the connection at once, not on the next read: a caller that knows the length may never read
        // again.
        if let Some(DirectBody { stream, slot, .. }) = self.direct.take_if(|body| body.remaining == 0) {
            slot.put(stream);
            // Reads the placeholder and its end. If this fails, the connection is closed.
            while self.ureq.read(&mut [0; 2]).is_ok_and(|n| n > 0) {}
        }
        Ok(n)
    }
}

impl DirectBody {
    /// Reads at least one byte.
    ///
    /// As long as the stream is fast, this fills the buffer. A receiver that processes each small piece as it
    /// arrives keeps the TCP window small for the rest of the transfer, and small pieces cost more CPU time.
    fn read(&mut self, buf: &mut [u8], limits: Limits) -> Result<usize, ureq::Error> {
        // Never read beyond the body: what follows belongs to the next response.
        let want = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(buf.len());
        let small = buf.len() < LARGE_READ;
        let (mut n, mut idle) = (0, limits.idle);
        while n < want {
            let (rest, timeout) = (&mut buf[n..want], timeout(idle, limits.deadline));
            let received = if small {
                self.stream.receive_buffered(rest, timeout)
            } else {
                self.stream.receive(rest, timeout)
            };
            let received = match received {
                // The caller must get the received bytes first: they count as progress, and a download resumes
                // after them. If the error persists, the next read returns it.
                Err(_) | Ok(0) if n > 0 => break,
                // The end of the stream cuts the body short.
                Ok(0) => return Err(end_of_stream()),
                received => received?,
            };
            n += received;
            // On Windows, the state of a socket is indeterminate after a read timeout, so a read that may time
            // out must not be followed by another.
            if small || received < FULL_READ || cfg!(windows) {
                break;
            }
            // Only the first receive may wait for the full idle timeout.
            idle = limits.idle.min(COALESCE);
        }
        self.remaining -= n as u64;
        Ok(n)
    }
}

/// Returns the error of a body that ends before its last byte.
fn end_of_stream() -> ureq::Error {
    io::Error::from(io::ErrorKind::UnexpectedEof).into()
}

/// Returns the timeout of one read: whichever of the two limits ends first.
fn timeout(idle: Duration, deadline: Option<Instant>) -> NextTimeout {
    let after = deadline.map_or(time::Duration::NotHappening, |deadline| {
        time::Duration::Exact(deadline.saturating_duration_since(Instant::now()))
    });
    let per_read = Some(time::Duration::Exact(idle));
    NextTimeout { after, reason: Timeout::Global, per_read, per_write: None }
}

impl Read for ResponseBody {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.read_some(buf).map_err(|error| {
            // After a timeout, more of the body may still arrive.
            self.lost = !matches!(error, ureq::Error::Timeout(_));
            let server = self.server.as_ref().map_or("the server", Authority::as_str);
            errors::convert_body(error, self.limits, server)
        })?)
    }
}
