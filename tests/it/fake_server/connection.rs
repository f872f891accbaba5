//! One connection of the scripted server: reading a request, writing an answer, and all ways to end.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::answer::{Answer, End};
use super::received::Received;

/// Nothing the server does with one request takes longer, so that no test can hang.
const LIMIT: Duration = Duration::from_secs(10);
const MAX_HEAD: usize = 64 << 10;

pub(super) struct Connection {
    stream: TcpStream,
    pub(super) number: usize,
    state: State,
    /// The last byte read so far is left in the socket: a socket that is closed with bytes unread is
    /// reset, which the standard library has no other way to say.
    held: usize,
    /// Bytes of the body that are still to be read, the held one not counted.
    body_left: usize,
}

enum State {
    Open,
    /// Neither read nor written until then.
    Stalled(Instant),
    /// Read and thrown away until then.
    Lingering(Instant),
}

/// What a look at a connection shows.
pub(super) enum Sight {
    Nothing,
    Request,
    Gone,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, number: usize) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        Ok(Self { stream, number, state: State::Open, held: 0, body_left: 0 })
    }

    /// Looks without waiting.
    pub(super) fn look(&mut self) -> Sight {
        let seen = match self.state {
            State::Stalled(until) if Instant::now() < until => return Sight::Nothing,
            State::Lingering(until) if Instant::now() < until => {
                self.without_waiting(|stream| io::copy(&mut &*stream, &mut io::sink())).map(|_| 0)
            }
            State::Open => self.without_waiting(|stream| stream.peek(&mut [0])),
            _ => return Sight::Gone,
        };
        match seen {
            Ok(0) => Sight::Gone,
            Ok(_) => Sight::Request,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Sight::Nothing,
            Err(_) => Sight::Gone,
        }
    }

    fn without_waiting<T>(&self, act: impl FnOnce(&TcpStream) -> io::Result<T>) -> io::Result<T> {
        self.stream.set_nonblocking(true)?;
        let result = act(&self.stream);
        self.stream.set_nonblocking(false)?;
        result
    }

    /// Reads a head; its last byte stays in the socket.
    pub(super) fn read_head(&mut self) -> io::Result<Received> {
        let mut buffer = vec![0; MAX_HEAD];
        let until = Instant::now() + LIMIT;
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
        let mut received = Received { connection: self.number, head, body: Vec::new(), complete: false };
        self.body_left = received.header("content-length").map_or(0, |n| n.parse().unwrap());
        received.complete = self.body_left == 0;
        Ok(received)
    }

    /// Reads the body; its last byte stays in the socket. What came before an error is kept.
    pub(super) fn read_body(&mut self, received: &mut Received) -> io::Result<()> {
        if self.body_left == 0 {
            return Ok(());
        }
        if received.header("expect").is_some() {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        self.read_held()?;
        let rest = self.body_left as u64 - 1;
        let n = (&self.stream).take(rest).read_to_end(&mut received.body)?;
        let mut last = [0];
        if (n as u64) < rest || self.stream.peek(&mut last)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        received.body.push(last[0]);
        received.complete = true;
        self.held = 1;
        self.body_left = 0;
        Ok(())
    }

    fn read_held(&mut self) -> io::Result<()> {
        self.stream.read_exact(&mut [0][..self.held])?;
        self.held = 0;
        Ok(())
    }

    pub(super) fn write(&mut self, answer: &Answer, is_head: bool, stop: &AtomicBool) -> io::Result<()> {
        let (head, body) = answer.wire(is_head);
        if answer.head_pause.is_none() && answer.drip.is_none() {
            return self.stream.write_all(&[head, body].concat());
        }
        let until = Instant::now() + LIMIT;
        let whole = |bytes: &[u8]| (bytes.len().max(1), Duration::ZERO);
        let (head_pause, drip) = (answer.head_pause.map(|pause| (1, pause)), answer.drip);
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

    /// Ends as scripted; false where the connection is to be closed by dropping it.
    pub(super) fn end(&mut self, end: End) -> bool {
        let until = Instant::now() + LIMIT;
        match end {
            End::Keep => return self.read_held().is_ok(),
            End::Fin => {
                // all that has come is read first, or closing would be a reset
                let _ = self.without_waiting(|stream| io::copy(&mut &*stream, &mut io::sink()));
                return false;
            }
            End::Rst => {
                // there is a byte unread, or there will be as soon as the client sends
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
