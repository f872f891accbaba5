//! A TCP proxy that spoils connections: what a network does, before a real server.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_micros(200);
/// No connection is held for longer, so that nothing is left behind a test.
const LONGEST_STALL: Duration = Duration::from_secs(3);
/// Shorter than any limit on silence that a test sets.
const DELAY: Duration = Duration::from_millis(60);

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is closed in order.
    Cut,
    /// It is reset.
    Reset,
    /// It stays open, and no byte passes any more.
    Stall,
    /// It is held up for a moment, and goes on.
    Delay,
    /// The client gets bytes that are no HTTP, then the end.
    Garbage,
    /// One bit is changed, and it goes on.
    Corrupt,
}

/// A fault, and when it happens: as soon as so many bytes have passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spoilt {
    pub(crate) fault: Fault,
    /// The bytes of the client are counted, else those of the server.
    pub(crate) upwards: bool,
    pub(crate) after: u64,
}

/// The proxy. Dropped, it takes no more connections, and those that are open end.
pub(crate) struct Proxy {
    address: SocketAddr,
    plan: Plan,
    stop: Arc<AtomicBool>,
}

/// The faults of the next connections, in the reverse of their order; then there are none.
type Plan = Arc<Mutex<Vec<Spoilt>>>;

impl Proxy {
    /// Stands before the server at `http://HOST:PORT`.
    pub(crate) fn before(endpoint: &str) -> Self {
        let server = endpoint.strip_prefix("http://").expect("a plain endpoint").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let proxy = Self { address, plan: Plan::default(), stop: Arc::default() };
        let (plan, stop) = (Arc::clone(&proxy.plan), Arc::clone(&proxy.stop));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(server) = TcpStream::connect(&server) else { return };
                let (spoilt, stop) = (plan.lock().unwrap().pop(), Arc::clone(&stop));
                thread::spawn(move || Connection { client, server, spoilt, stop }.run());
            }
        });
        proxy
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Has these faults happen to the next connections, and none to those after them.
    pub(crate) fn spoil(&self, faults: &[Spoilt]) {
        *self.plan.lock().unwrap() = faults.iter().rev().copied().collect();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address); // wakes the listener
    }
}

struct Connection {
    client: TcpStream,
    server: TcpStream,
    spoilt: Option<Spoilt>,
    stop: Arc<AtomicBool>,
}

impl Connection {
    /// Lets bytes pass in both directions until one side is done, or the fault has happened. Both sockets
    /// are closed at the end, as there are no other handles of them.
    fn run(mut self) -> io::Result<()> {
        for stream in [&self.client, &self.server] {
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
        }
        // a socket that is closed with a byte unread is reset, which std cannot say in another way
        let hold = usize::from(self.spoilt.is_some_and(|spoilt| spoilt.fault == Fault::Reset));
        let (mut up, mut down) = (Pipe::new(hold), Pipe::new(0));
        let mut last_moved = Instant::now();
        while !self.stop.load(Ordering::Relaxed) {
            let limit = |upwards| match self.spoilt {
                Some(spoilt) if spoilt.upwards == upwards && spoilt.fault != Fault::Corrupt => spoilt.after,
                _ => u64::MAX,
            };
            let corrupted = |upwards| match self.spoilt {
                Some(spoilt) if spoilt.fault == Fault::Corrupt && spoilt.upwards == upwards => {
                    Some(spoilt.after)
                }
                _ => None,
            };
            let moved = up.pass(&self.client, &self.server, limit(true), corrupted(true))?
                | down.pass(&self.server, &self.client, limit(false), corrupted(false))?;
            if up.passed >= limit(true) || down.passed >= limit(false) {
                let Some(spoilt) = self.spoilt.take() else { return Ok(()) };
                match spoilt.fault {
                    Fault::Cut | Fault::Reset => return Ok(()),
                    Fault::Stall => {
                        self.hold(LONGEST_STALL);
                        return Ok(());
                    }
                    Fault::Delay => self.hold(DELAY),
                    Fault::Corrupt => {}
                    Fault::Garbage => return (&self.client).write_all(&[0x16, 3, 1, 0xff, b'\n', 7]),
                }
            }
            if (up.ended && up.is_empty()) || (down.ended && down.is_empty()) {
                return Ok(());
            }
            if moved {
                last_moved = Instant::now();
            } else if hold > 0 && last_moved.elapsed() > LONGEST_STALL {
                return Ok(()); // the end of a client cannot be seen behind a byte that is held
            } else {
                thread::sleep(PAUSE);
            }
        }
        Ok(())
    }

    fn hold(&self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until && !self.stop.load(Ordering::Relaxed) {
            thread::sleep(DELAY / 4);
        }
    }
}

/// One direction.
struct Pipe {
    buffer: Vec<u8>,
    /// `buffer[sent..len]` is still to be written.
    sent: usize,
    len: usize,
    /// Bytes that are left in the socket though they have passed.
    hold: usize,
    held: usize,
    passed: u64,
    ended: bool,
}

impl Pipe {
    fn new(hold: usize) -> Self {
        Self { buffer: vec![0; 64 << 10], sent: 0, len: 0, hold, held: 0, passed: 0, ended: false }
    }

    fn is_empty(&self) -> bool {
        self.sent == self.len
    }

    /// Moves what can be moved without waiting, up to `limit` bytes in all, and changes the byte `corrupted`. Returns
    /// `false` if nothing was moved.
    fn pass(
        &mut self,
        mut from: &TcpStream,
        mut to: &TcpStream,
        limit: u64,
        corrupted: Option<u64>,
    ) -> io::Result<bool> {
        if self.is_empty() && !self.ended && self.passed < limit {
            let n = if self.hold == 0 { from.read(&mut self.buffer) } else { from.peek(&mut self.buffer) };
            match n {
                Ok(0) => self.ended = true,
                Ok(n) => {
                    // what is held was there before
                    (self.sent, self.len) = (self.held, n);
                    let offset = corrupted.and_then(|at| usize::try_from(at.checked_sub(self.passed)?).ok());
                    if let Some(byte) = offset.and_then(|offset| self.buffer[..n].get_mut(offset)) {
                        *byte ^= 1;
                    }
                    if self.hold > 0 && n > self.held {
                        from.read_exact(&mut vec![0; n - self.hold])?;
                        self.held = self.hold;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        let most = usize::try_from(limit - self.passed).unwrap_or(usize::MAX).min(self.len - self.sent);
        if most == 0 {
            return Ok(false);
        }
        match to.write(&self.buffer[self.sent..self.sent + most]) {
            Ok(n) => {
                self.sent += n;
                self.passed += n as u64;
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }
}
