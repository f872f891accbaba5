//! The body of a response: read by ureq and, if it is large, without ureq.

use std::io::{self, Read};
use std::mem;
use std::sync::Arc;

use super::connection::Connection;
use super::idle_pool::IdlePool;
use super::limits::Limits;
use super::raw_body::RawBody;
use super::{errors, request_context};

/// A response body longer than this is read without ureq if possible.
pub(super) const LARGE_BODY: u64 = 2 << 20;
/// The smallest buffer that shows that the caller reads in large pieces.
const LARGE_READ: usize = 256 << 10;

/// The body of a response. Its `io::Error`s wrap an [`Error`](crate::Error).
pub(super) struct ResponseBody {
    source: BodySource,
    /// The number of bytes still to be read, or 0 if it is unknown.
    remaining: u64,
    limits: Limits,
}

/// Access to the connection of a body, to read it without ureq.
pub(super) struct RawAccess {
    pub(super) connection: Arc<Connection>,
    /// The pool that takes the connection after the body, unless the server closes it.
    pub(super) pool: Option<IdlePool>,
}

/// Where the bytes of a body come from.
enum BodySource {
    /// From ureq. `raw` is set as long as a switch to `Raw` is possible.
    Ureq { body: ureq::BodyReader<'static>, raw: Option<RawAccess> },
    /// From the connection.
    Raw { body: RawBody, pool: Option<IdlePool> },
    /// Nowhere: a raw body has been read completely.
    Finished,
}

impl ResponseBody {
    pub(super) fn new(
        body: ureq::BodyReader<'static>,
        remaining: u64,
        raw: Option<RawAccess>,
        limits: Limits,
    ) -> Self {
        Self { source: BodySource::Ureq { body, raw }, remaining, limits }
    }

    fn read_some(&mut self, buf: &mut [u8]) -> Result<usize, ureq::Error> {
        // Reading 0 bytes from a socket means the end of the stream, so an empty buffer never gets that far.
        if buf.is_empty() {
            return Ok(0);
        }
        self.switch_to_raw(buf.len());
        match &mut self.source {
            BodySource::Ureq { body, raw } => {
                // Lets the input buffer grow if much is still to come.
                request_context::set_remaining(self.remaining);
                // After an error it is unknown how far ureq has read, so the connection is never read again.
                let n = body.read(buf).inspect_err(|_| *raw = None)?;
                self.remaining = self.remaining.saturating_sub(n as u64);
                Ok(n)
            }
            BodySource::Raw { body, .. } => {
                // Never read beyond the body: what follows belongs to the next response.
                let want = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(buf.len());
                let n = body.read(&mut buf[..want], self.limits)?;
                self.remaining -= n as u64;
                if self.remaining == 0 {
                    // Return the connection at once, not on the next read: a caller that knows the length may
                    // never read again.
                    if let BodySource::Raw { body, pool: Some(pool) } =
                        mem::replace(&mut self.source, BodySource::Finished)
                    {
                        pool.put(body.into_connection());
                    }
                }
                Ok(n)
            }
            BodySource::Finished => Ok(0),
        }
    }

    /// Switches from ureq to the connection if this is possible and a read of `len` bytes makes it
    /// worthwhile.
    fn switch_to_raw(&mut self, len: usize) {
        let BodySource::Ureq { raw, .. } = &mut self.source else { return };
        if self.remaining == 0 {
            // ureq reads the end itself and returns the connection to its own pool, from where another
            // request may take it at any time.
            *raw = None;
            return;
        }
        // The bytes in ureq's buffer precede those in the socket, so ureq has to return them first.
        if len < LARGE_READ || !raw.as_ref().is_some_and(|raw| raw.connection.is_drained()) {
            return;
        }
        if let Some(RawAccess { connection, pool }) = raw.take() {
            // This drops ureq's reader and its transport. The stream stays open, as `connection` shares it.
            self.source = BodySource::Raw { body: RawBody::new(connection), pool };
        }
    }
}

impl Read for ResponseBody {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.read_some(buf).map_err(|error| errors::convert_body(error, self.limits))?)
    }
}
