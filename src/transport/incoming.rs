//! An answer's body: by ureq, and past it where it is large.

use std::io::{self, Read};
use std::mem;
use std::sync::Arc;

use super::line::{IdleLines, Line, Rest};
use super::{Limits, errors, request_context};

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
}

/// What is needed to read a body past ureq.
pub(super) struct Direct {
    pub(super) line: Arc<Line>,
    /// Where the connection goes after it, unless the server closes it.
    pub(super) keep: Option<IdleLines>,
}

/// How a body is read.
enum Way {
    /// By ureq; past it once it holds nothing more, where the connection allows for it.
    ByUreq { body: ureq::BodyReader<'static>, direct: Option<Direct> },
    /// From the connection.
    PastUreq { rest: Rest, keep: Option<IdleLines> },
    /// It has been read past ureq to its end.
    Done,
}

impl Incoming {
    pub(super) fn new(
        body: ureq::BodyReader<'static>,
        left: u64,
        direct: Option<Direct>,
        limits: Limits,
    ) -> Self {
        Self { way: Way::ByUreq { body, direct }, left, limits }
    }

    fn read_some(&mut self, buf: &mut [u8]) -> std::result::Result<usize, ureq::Error> {
        if buf.is_empty() {
            return Ok(0); // and not the end
        }
        if let Way::ByUreq { direct, .. } = &mut self.way {
            if self.left == 0 {
                *direct = None; // ureq has the connection back, for others
            } else if buf.len() >= LARGE_READ && direct.as_ref().is_some_and(|it| it.line.is_read_up()) {
                if let Some(Direct { line, keep }) = direct.take() {
                    self.way = Way::PastUreq { rest: Rest::new(line), keep };
                }
            }
        }
        match &mut self.way {
            Way::ByUreq { body, direct } => {
                request_context::expect(self.left);
                let n = body.read(buf).inspect_err(|_| *direct = None)?;
                self.left = self.left.saturating_sub(n as u64);
                Ok(n)
            }
            Way::PastUreq { rest, .. } => {
                let want = usize::try_from(self.left).unwrap_or(usize::MAX).min(buf.len());
                let n = rest.read(&mut buf[..want], self.limits)?;
                self.left -= n as u64;
                if self.left == 0 {
                    if let Way::PastUreq { rest, keep: Some(idle) } = mem::replace(&mut self.way, Way::Done) {
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
