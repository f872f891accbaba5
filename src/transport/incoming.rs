//! An answer's body: by ureq, and past it where it is large.

use std::io::{self, Read};
use std::mem;
use std::sync::Arc;

use super::line::{IdleLines, Line, Rest};
use super::{Limits, errors, exchange};

/// An answer longer than this is worth reading past ureq.
pub(super) const LARGE_BODY: u64 = 2 << 20;
/// A buffer that shows a caller who wants much at once.
const LARGE_READ: usize = 256 << 10;

/// An answer's body, with this crate's errors inside its `io::Error`s.
pub(super) struct Incoming {
    way: Way,
    /// What is still to come; 0 where that is not known.
    left: u64,
    limits: Limits,
    /// Where the connection goes after it, unless the server closes it.
    keep: Option<IdleLines>,
}

/// How a body is read.
enum Way {
    /// By ureq; past it once it holds nothing more, where the connection allows for it.
    ByUreq { body: ureq::BodyReader<'static>, line: Option<Arc<Line>> },
    /// From the connection.
    PastUreq(Rest),
    /// It has been read past ureq to its end.
    Done,
}

impl Incoming {
    pub(super) fn new(
        body: ureq::BodyReader<'static>,
        left: u64,
        line: Option<Arc<Line>>,
        keep: Option<IdleLines>,
        limits: Limits,
    ) -> Self {
        Self { way: Way::ByUreq { body, line }, left, limits, keep }
    }

    fn read_some(&mut self, buf: &mut [u8]) -> std::result::Result<usize, ureq::Error> {
        if buf.is_empty() {
            return Ok(0); // and not the end
        }
        if let Way::ByUreq { line, .. } = &mut self.way {
            if self.left == 0 {
                *line = None; // ureq has the connection back, for others
            } else if buf.len() >= LARGE_READ && line.as_ref().is_some_and(|line| line.is_read_up()) {
                if let Some(line) = line.take() {
                    self.way = Way::PastUreq(Rest::new(line));
                }
            }
        }
        match &mut self.way {
            Way::ByUreq { body, line } => {
                exchange::expect(self.left);
                let n = body.read(buf).inspect_err(|_| *line = None)?;
                self.left = self.left.saturating_sub(n as u64);
                Ok(n)
            }
            Way::PastUreq(rest) => {
                let want = usize::try_from(self.left).unwrap_or(usize::MAX).min(buf.len());
                let n = rest.read(&mut buf[..want], self.limits)?;
                self.left -= n as u64;
                if self.left == 0 {
                    if let (Way::PastUreq(rest), Some(idle)) =
                        (mem::replace(&mut self.way, Way::Done), &self.keep)
                    {
                        idle.keep(rest.into_line());
                    }
                }
                Ok(n)
            }
            Way::Done => Ok(0),
        }
    }
}

impl Read for Incoming {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.read_some(buf).map_err(|error| errors::convert_body(error, self.limits))?)
    }
}
