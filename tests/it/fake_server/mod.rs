//! The scripted server: one thread, connections in turn, every request kept.
//!
//! A test tells the server what to answer, calls the client, and looks at what came over the wire:
//!
//! ```ignore
//! let server = FakeServer::start([Answer::new(200).header("etag", "\"abc\"").body("Hello")]);
//! client(&server).get_object("b", "k")…;
//! let [request] = server.finish();
//! assert_eq!(request.line(), "GET /b/k HTTP/1.1");
//! ```

mod answer;
mod connection;
mod received;
mod sink;
mod store;
mod tests;
#[cfg(feature = "rustls")]
pub(crate) mod tls;

use std::collections::VecDeque;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use answer::Moment;
use connection::{Connection, Sight};

pub(crate) use answer::{Answer, End};
pub(crate) use received::Received;
pub(crate) use sink::Sink;
pub(crate) use store::{HELLO, Store, get_small};

/// The pause between two looks at sockets on which nothing has come.
const PAUSE: Duration = Duration::from_micros(200);
/// The longest wait for the server to have seen all that was sent.
const SETTLED: Duration = Duration::from_secs(30);

type Handler = Box<dyn FnMut(&Received) -> Answer + Send>;

/// A server on loopback that answers as it is told. Dropped, its thread ends.
///
/// A request that no answer is left for gets a 501, which no client repeats, and is counted.
pub(crate) struct FakeServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    passed: Condvar,
    stop: AtomicBool,
}

#[derive(Default)]
struct State {
    script: VecDeque<Answer>,
    received: Vec<Received>,
    unscripted: usize,
    connections: usize,
    /// How often the thread has looked at all sockets.
    passes: u64,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FakeServer {
    /// Answers the requests in this order.
    pub(crate) fn start(script: impl IntoIterator<Item = Answer>) -> Self {
        Self::run(script.into_iter().collect(), None)
    }

    /// Answers every request by a function of it.
    pub(crate) fn serve(handler: impl FnMut(&Received) -> Answer + Send + 'static) -> Self {
        Self::run(VecDeque::new(), Some(Box::new(handler)))
    }

    fn run(script: VecDeque<Answer>, handler: Option<Handler>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        shared.state().script = script;
        let worker = Worker { shared: Arc::clone(&shared), listener, handler, connections: Vec::new() };
        let thread = Some(thread::spawn(move || worker.run()));
        Self { address, shared, thread }
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `127.0.0.1:PORT`, as the Host header has it.
    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// All requests so far, those included that a client broke off before this call.
    pub(crate) fn requests(&self) -> Vec<Received> {
        self.settle().received.clone()
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.settle().connections
    }

    /// Ends the server and gives its requests: this number of them, as the script had an answer for each
    /// and no answer is left over.
    #[track_caller]
    pub(crate) fn finish<const N: usize>(self) -> [Received; N] {
        let requests = self.finish_any();
        let lines: Vec<&str> = requests.iter().map(Received::line).collect();
        assert_eq!(requests.len(), N, "requests: {lines:#?}");
        requests.try_into().unwrap()
    }

    /// As [`finish`](Self::finish), for any number of requests.
    #[track_caller]
    pub(crate) fn finish_any(self) -> Vec<Received> {
        let state = self.settle();
        assert_eq!(state.unscripted, 0, "requests without an answer: {:#?}", state.received);
        assert_eq!(state.script.len(), 0, "answers that nobody asked for");
        state.received.clone()
    }

    /// Waits until the thread has looked at everything that was sent before this call.
    fn settle(&self) -> MutexGuard<'_, State> {
        let state = self.shared.state();
        // the first of the two passes may have begun before
        let enough = state.passes + 2;
        let waited = self.shared.passed.wait_timeout_while(state, SETTLED, |state| state.passes < enough);
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "the server is still at work");
        state
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        let result = self.thread.take().map(JoinHandle::join);
        if !thread::panicking() {
            assert!(matches!(result, Some(Ok(()))), "the server's thread panicked");
        }
    }
}

struct Worker {
    shared: Arc<Shared>,
    listener: TcpListener,
    handler: Option<Handler>,
    connections: Vec<Connection>,
}

impl Worker {
    fn run(mut self) {
        while !self.shared.stop.load(Ordering::Relaxed) {
            let mut busy = false;
            while let Ok((stream, _)) = self.listener.accept() {
                busy = true;
                self.accept(stream);
            }
            for mut connection in std::mem::take(&mut self.connections) {
                let stays = match connection.look() {
                    Sight::Nothing => true,
                    Sight::Gone => false,
                    Sight::Request => {
                        busy = true;
                        self.handle(&mut connection)
                    }
                };
                if stays {
                    self.connections.push(connection);
                }
            }
            self.shared.state().passes += 1;
            self.shared.passed.notify_all();
            if !busy {
                thread::sleep(PAUSE);
            }
        }
    }

    fn accept(&mut self, stream: TcpStream) {
        let mut state = self.shared.state();
        state.connections += 1;
        let Ok(mut connection) = Connection::new(stream, state.connections) else { return };
        let refuses = state.script.front().is_some_and(|answer| answer.moment == Moment::Accepted);
        let answer = if refuses { state.script.pop_front() } else { None };
        drop(state);
        if answer.is_none_or(|answer| connection.end(answer.end)) {
            self.connections.push(connection);
        }
    }

    /// Handles one request; false where the connection has come to its end.
    fn handle(&mut self, connection: &mut Connection) -> bool {
        let Ok(mut received) = connection.read_head() else { return false };
        let mut state = self.shared.state();
        let index = state.received.len();
        state.received.push(received.clone());
        let reads_body = state.script.front().is_none_or(|answer| answer.moment == Moment::BodyRead);
        drop(state);
        if reads_body && !self.read_body(connection, &mut received, index) {
            return false;
        }
        let answer = self.answer(&received);
        if connection.write(&answer, received.method() == "HEAD", &self.shared.stop).is_err() {
            return false;
        }
        if answer.end == End::Keep && !self.read_body(connection, &mut received, index) {
            return false;
        }
        connection.end(answer.end)
    }

    fn read_body(&self, connection: &mut Connection, received: &mut Received, index: usize) -> bool {
        let result = connection.read_body(received);
        self.shared.state().received[index] = received.clone();
        result.is_ok()
    }

    fn answer(&mut self, received: &Received) -> Answer {
        let scripted = self.shared.state().script.pop_front();
        let mut answer = match (scripted, &mut self.handler) {
            (Some(answer), _) => answer,
            (None, Some(handler)) => handler(received),
            (None, None) => {
                self.shared.state().unscripted += 1;
                Answer::error(501, "Unscripted")
            }
        };
        if let Some(by) = answer.by.take() {
            answer = by(received);
        }
        answer
    }
}
