//! A scripted server: one thread serves all connections in turn and records every request.
//!
//! A test scripts the responses, calls the client and checks what was received:
//!
//! ```ignore
//! let server = FakeServer::start([Response::new(200).header("etag", "\"abc\"").body("Hello")]);
//! client(&server).get_object("b", "k")…;
//! let [request] = server.finish();
//! assert_eq!(request.line(), "GET /b/k HTTP/1.1");
//! ```

mod bulk_server;
mod connection;
mod parts_server;
mod request;
mod response;
mod store;
mod tests;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
pub(crate) mod tls;

use std::collections::VecDeque;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use connection::{Connection, Readiness};
use response::Stage;

pub(crate) use bulk_server::BulkServer;
pub(crate) use parts_server::PartsServer;
pub(crate) use request::Request;
pub(crate) use response::{End, Response};
pub(crate) use store::{HELLO, Store, get_small};

/// The pause between two polls of idle sockets.
const PAUSE: Duration = Duration::from_micros(200);
/// The longest wait for the server to have received everything that was sent.
const SETTLED: Duration = Duration::from_secs(30);

type Handler = Box<dyn FnMut(&Request) -> Response + Send>;

/// A server on loopback that sends scripted responses. Its thread ends when it is dropped.
///
/// A request without a scripted response gets a 501, which the client does not retry, and is counted.
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
    script: VecDeque<Response>,
    requests: Vec<Request>,
    unscripted: usize,
    connections: usize,
    /// How often the thread has polled all sockets.
    passes: u64,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FakeServer {
    /// Starts a server that sends the responses of `script` in order.
    pub(crate) fn start(script: impl IntoIterator<Item = Response>) -> Self {
        Self::run(script.into_iter().collect(), None)
    }

    /// Starts a server that calls `handler` for every request.
    pub(crate) fn serve(handler: impl FnMut(&Request) -> Response + Send + 'static) -> Self {
        Self::run(VecDeque::new(), Some(Box::new(handler)))
    }

    fn run(script: VecDeque<Response>, handler: Option<Handler>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        shared.state().script = script;
        let worker = Worker { shared: Arc::clone(&shared), listener, handler, connections: Vec::new() };
        let thread = Some(thread::spawn(move || worker.run()));
        Self { address, shared, thread }
    }

    /// Returns `http://127.0.0.1:PORT`.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns `127.0.0.1:PORT`, the value of the Host header.
    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns all requests so far, including requests that the client aborted before this call.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.settle().requests.clone()
    }

    /// Returns the number of connections accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.settle().connections
    }

    /// Stops the server and returns its requests. Panics unless there were exactly `N` requests, each with a
    /// scripted response, and no response is left over.
    #[track_caller]
    pub(crate) fn finish<const N: usize>(self) -> [Request; N] {
        let requests = self.finish_any();
        let lines: Vec<&str> = requests.iter().map(Request::line).collect();
        assert_eq!(requests.len(), N, "requests: {lines:#?}");
        requests.try_into().unwrap()
    }

    /// Like [`finish`](Self::finish), for any number of requests.
    #[track_caller]
    pub(crate) fn finish_any(self) -> Vec<Request> {
        let state = self.settle();
        assert_eq!(state.unscripted, 0, "requests without a scripted response: {:#?}", state.requests);
        assert_eq!(state.script.len(), 0, "unused responses");
        state.requests.clone()
    }

    /// Waits until the thread has polled everything that was sent before this call.
    fn settle(&self) -> MutexGuard<'_, State> {
        let state = self.shared.state();
        // The first of the two passes may have begun before this call.
        let enough = state.passes + 2;
        let waited = self.shared.passed.wait_timeout_while(state, SETTLED, |state| state.passes < enough);
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "the server is still busy");
        state
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        let result = self.thread.take().map(JoinHandle::join);
        // A second panic during unwinding would abort the test program.
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
            // One thread serves all connections: a stalled one must not block the others.
            for mut connection in std::mem::take(&mut self.connections) {
                let keep = match connection.poll() {
                    Readiness::Idle => true,
                    Readiness::Closed => false,
                    Readiness::Request => {
                        busy = true;
                        self.handle(&mut connection)
                    }
                };
                if keep {
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
        let ends_at_once = state.script.front().is_some_and(|response| response.stage == Stage::Accepted);
        let response = if ends_at_once { state.script.pop_front() } else { None };
        drop(state);
        if response.is_none_or(|response| connection.end(response.end)) {
            self.connections.push(connection);
        }
    }

    /// Handles one request. Returns `false` if the connection has ended.
    fn handle(&mut self, connection: &mut Connection) -> bool {
        let Ok(mut request) = connection.read_head() else { return false };
        let mut state = self.shared.state();
        // Recorded before the body is read, so that an aborted request is visible to the test.
        let index = state.requests.len();
        state.requests.push(request.clone());
        let reads_body = state.script.front().is_none_or(|response| response.stage == Stage::BodyRead);
        drop(state);
        if reads_body && !self.read_body(connection, &mut request, index) {
            return false;
        }
        let response = self.respond(&request);
        if connection.write(&response, request.method() == "HEAD", &self.shared.stop).is_err() {
            return false;
        }
        // An early response was sent before the body: read it now, or it would be taken for the next request.
        if response.end == End::Keep && !self.read_body(connection, &mut request, index) {
            return false;
        }
        connection.end(response.end)
    }

    fn read_body(&self, connection: &mut Connection, request: &mut Request, index: usize) -> bool {
        let result = connection.read_body(request);
        self.shared.state().requests[index] = request.clone();
        result.is_ok()
    }

    /// Returns the scripted response, or that of the handler, or a 501.
    fn respond(&mut self, request: &Request) -> Response {
        let scripted = self.shared.state().script.pop_front();
        let mut response = match (scripted, &mut self.handler) {
            (Some(response), _) => response,
            (None, Some(handler)) => handler(request),
            (None, None) => {
                self.shared.state().unscripted += 1;
                Response::error(501, "Unscripted")
            }
        };
        if let Some(from_request) = response.from_request.take() {
            response = from_request(request);
        }
        response
    }
}
