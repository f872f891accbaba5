//! One connection of the scripted server: reading requests, writing responses and ending the connection.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::request::Request;
use super::response::{End, Response};

/// The limit on everything that the server does for one request, so that no test can hang.
const LIMIT: Duration = Duration::from_secs(10);
const MAX_HEAD: usize = 64 << 10;

pub(super) struct Connection {
    stream: TcpStream,
    pub(super) number: usize,
    state: State,
    /// The number of bytes deliberately left unread in the socket: 1 after a head or a body was read, else 0.
    /// Closing a socket with unread bytes resets the connection. The standard library has no other means to
    /// send a reset.
    held: usize,
    /// The number of body bytes that are still to be read, without the held byte.
    body_left: usize,
}

enum State {
    Open,
    /// Neither read nor written until this time.
    Stalled(Instant),
    /// Read and discarded until this time.
    Lingering(Instant),
}

/// The result of polling a connection.
pub(super) enum Readiness {
    Idle,
    Request,
    Closed,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, number: usize) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        Ok(Self { stream, number, state: State::Open, held: 0, body_left: 0 })
    }

    /// Checks for a request without blocking.
    pub(super) fn poll(&mut self) -> Readiness {
        let available = match self.state {
            State::Stalled(until) if Instant::now() < until => return Readiness::Idle,
            State::Lingering(until) if Instant::now() < until => {
                self.nonblocking(|stream| io::copy(&mut &*stream, &mut io::sink())).map(|_| 0)
            }
            State::Open => self.nonblocking(|stream| stream.peek(&mut [0])),
            _ => return Readiness::Closed,
        };
        match available {
            Ok(0) => Readiness::Closed,
            Ok(_) => Readiness::Request,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Readiness::Idle,
            Err(_) => Readiness::Closed,
        }
    }

    fn nonblocking<T>(&self, act: impl FnOnce(&TcpStream) -> io::Result<T>) -> io::Result<T> {
        self.stream.set_nonblocking(true)?;
        let result = act(&self.stream);
        self.stream.set_nonblocking(false)?;
        result
    }

    /// Reads the head of a request. Its last byte stays in the socket.
    pub(super) fn read_head(&mut self) -> io::Result<Request> {
        let mut buffer = vec![0; MAX_HEAD];
        let until = Instant::now() + LIMIT;
        // Peek until the head is complete: bytes after it belong to the body or to the next request.
        let length = loop {
            let n = self.stream.peek(&mut buffer)?;
            if let Some(end) = buffer[..n].windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if n == 0 || n == MAX_HEAD || Instant::now() > until {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            thread::sleep(Duration::from_micros(100));
        };
        self.stream.read_exact(&mut buffer[..length - 1])?;
        self.held = 1;
        let head = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let mut request = Request { connection: self.number, head, body: Vec::new(), complete: false };
        self.body_left = request.header("content-length").map_or(0, |n| n.parse().unwrap());
        request.complete = self.body_left == 0;
        Ok(request)
    }

    /// Reads the body of a request. Its last byte stays in the socket. Bytes read before an error are kept.
    pub(super) fn read_body(&mut self, request: &mut Request) -> io::Result<()> {
        if self.body_left == 0 {
            return Ok(());
        }
        if request.header("expect").is_some() {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        // The last byte of the head was held back, see `held`.
        self.read_held()?;
        let rest = self.body_left as u64 - 1;
        let n = (&self.stream).take(rest).read_to_end(&mut request.body)?;
        let mut last = [0];
        if (n as u64) < rest || self.stream.peek(&mut last)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        request.body.push(last[0]);
        request.complete = true;
        self.held = 1;
        self.body_left = 0;
        Ok(())
    }

    fn read_held(&mut self) -> io::Result<()> {
        self.stream.read_exact(&mut [0][..self.held])?;
        self.held = 0;
        Ok(())
    }

    pub(super) fn write(&mut self, response: &Response, is_head: bool, stop: &AtomicBool) -> io::Result<()> {
        let (head, body) = response.wire(is_head);
        if response.head_pause.is_none() && response.drip.is_none() {
            return self.stream.write_all(&[head, body].concat());
        }
        let until = Instant::now() + LIMIT;
        let whole = |bytes: &[u8]| (bytes.len().max(1), Duration::ZERO);
        let (head_pause, drip) = (response.head_pause.map(|pause| (1, pause)), response.drip);
        for (bytes, (step, pause)) in [
            (&head, head_pause.unwrap_or_else(|| whole(&head))),
            (&body, drip.unwrap_or_else(|| whole(&body))),
        ] {
            for piece in bytes.chunks(step) {
                self.stream.write_all(piece)?;
                thread::sleep(pause);
                if stop.load(Ordering::Relaxed) || Instant::now() > until {
                    return Err(ErrorKind::TimedOut.into());
                }
            }
        }
        Ok(())
    }

    /// Ends the connection as scripted. Returns `false` if the caller must close it by dropping it.
    pub(super) fn end(&mut self, end: End) -> bool {
        let until = Instant::now() + LIMIT;
        match end {
            End::Keep => return self.read_held().is_ok(),
            End::Fin => {
                // Unread bytes would turn the close into a reset.
                let _ = self.nonblocking(|stream| io::copy(&mut &*stream, &mut io::sink()));
                return false;
            }
            End::Rst => {
                // Wait for an unread byte, which makes the close a reset.
                let _ = self.stream.peek(&mut [0]);
                return false;
            }
            End::Stall => self.state = State::Stalled(until),
            End::Linger => {
                let _ = self.stream.shutdown(Shutdown::Write);
                self.state = State::Lingering(until);
            }
        }
        true
    }
}
