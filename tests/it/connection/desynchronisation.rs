//! Whatever a server sends before, in and after a response, no call ever gets a byte of another one.
//!
//! Each scenario combines a way to frame a response, bytes that do not belong to it, and a way to read it. The
//! next requests of the client, each for an object of its own, show whether the connection was left in order.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use plain_s3::{Client, Config, Method, RawRequest, RetryPolicy};

use crate::clients::config;
use crate::download_method::read_in_chunks;
use crate::fake_server::{End, FakeServer, Request, Response};
use crate::support::content;

/// Small enough for one packet, and large enough to be received in many pieces.
const SIZES: [usize; 2] = [1_000, 600_000];

/// How a response marks its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length,
    /// The same length twice, as two headers and as a list.
    RepeatedLength,
    Chunked,
    /// Chunked, with a Content-Length that is too short.
    ChunkedWithLength,
    /// 1xx responses before the response.
    AfterInterim,
    ConnectionClose,
    UntilClose,
    Http10,
    Http10KeepAlive,
    /// The connection is closed although nothing announced it.
    LengthThenFin,
    /// The connection breaks in the middle of the body.
    Broken,
    /// A status that has no body, with the length of one.
    NoContent,
    NotModified,
    /// Two different lengths.
    ConflictingLengths,
}

/// What follows the response on the same connection.
#[derive(Clone, Copy, Debug)]
enum Trailing {
    Nothing,
    /// A whole response, as if it were pipelined.
    Response,
    /// The beginning of a response.
    PartialResponse,
    Bytes,
}

/// How the caller reads the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    LargeReads,
    SmallReads,
    /// Drops the body after one byte.
    Abandoned,
    /// Drops the body unread.
    Unread,
    /// A HEAD request: no body, whatever the headers contain.
    Head,
}

#[derive(Clone, Copy, Debug)]
struct Scenario {
    framing: Framing,
    size: usize,
    trailing: Trailing,
    reading: Reading,
}

fn scenarios() -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for framing in [
        Framing::Length,
        Framing::RepeatedLength,
        Framing::Chunked,
        Framing::ChunkedWithLength,
        Framing::AfterInterim,
        Framing::ConnectionClose,
        Framing::UntilClose,
        Framing::Http10,
        Framing::Http10KeepAlive,
        Framing::LengthThenFin,
        Framing::Broken,
        Framing::NoContent,
        Framing::NotModified,
        Framing::ConflictingLengths,
    ] {
        for size in SIZES {
            for trailing in
                [Trailing::Nothing, Trailing::Response, Trailing::PartialResponse, Trailing::Bytes]
            {
                for reading in [
                    Reading::LargeReads,
                    Reading::SmallReads,
                    Reading::Abandoned,
                    Reading::Unread,
                    Reading::Head,
                ] {
                    scenarios.push(Scenario { framing, size, trailing, reading });
                }
            }
        }
    }
    scenarios
}

impl Scenario {
    /// The response to a request for the object with this number.
    fn respond(self, number: usize) -> Response {
        let body = object(number, self.size);
        let (length, half) = (body.len(), &body[..body.len() / 2]);
        let chunks: Vec<u8> = body
            .chunks(body.len().div_ceil(3))
            .flat_map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat())
            .chain(*b"0\r\n\r\n")
            .collect();
        let by_length = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n");
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n".to_owned();
        let (head, body) = match self.framing {
            Framing::Length | Framing::LengthThenFin => (by_length, &body[..]),
            Framing::RepeatedLength => {
                (format!("{by_length}content-length: {length}, {length}\r\n"), &body[..])
            }
            Framing::Chunked => (chunked, &chunks[..]),
            Framing::ChunkedWithLength => (format!("{chunked}content-length: 7\r\n"), &chunks[..]),
            Framing::AfterInterim => {
                let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\na: b\r\n\r\n";
                (format!("{interim}{by_length}"), &body[..])
            }
            Framing::ConnectionClose => (format!("{by_length}connection: close\r\n"), &body[..]),
            Framing::UntilClose => ("HTTP/1.1 200 OK\r\n".to_owned(), &body[..]),
            Framing::Http10 => (by_length.replace("1.1", "1.0"), &body[..]),
            Framing::Http10KeepAlive => {
                (by_length.replace("1.1", "1.0") + "connection: keep-alive\r\n", &body[..])
            }
            Framing::Broken => (by_length, half),
            Framing::NoContent => (by_length.replace("200", "204"), &[][..]),
            Framing::NotModified => (by_length.replace("200", "304"), &[][..]),
            Framing::ConflictingLengths => (format!("{by_length}content-length: 7\r\n"), &body[..]),
        };
        let body = if self.reading == Reading::Head { &[] } else { body };
        let trailing: &[u8] = match self.trailing {
            // A body without a length has no end that anything could follow, and half a body has none yet.
            _ if matches!(self.framing, Framing::UntilClose | Framing::Broken) => b"",
            Trailing::Nothing => b"",
            Trailing::Response => b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nFOREIGN",
            Trailing::PartialResponse => b"HTTP/1.1 200 OK\r\ncontent-le",
            Trailing::Bytes => b"FOREIGN",
        };
        let end = match self.framing {
            Framing::UntilClose | Framing::LengthThenFin | Framing::Broken => End::Fin,
            _ => End::Keep,
        };
        Response::raw([head.as_bytes(), b"\r\n", body, trailing].concat()).then(end)
    }

    /// Sends the request and reads the response. Panics if anything but the object is read.
    fn run(self, client: &Client, number: usize) {
        let method = if self.reading == Reading::Head { Method::Head } else { Method::Get };
        let request = RawRequest::new(method).bucket("b").key(format!("object/{number}"));
        let has_body = !matches!(self.framing, Framing::NoContent | Framing::NotModified);
        let mut response = match client.send_raw(&request, "") {
            Ok(response) => response,
            // Rejected for its status or its lengths, or garbage: never because of another scenario, as each
            // may be repeated.
            Err(error) => {
                let expected = matches!(self.framing, Framing::NotModified | Framing::ConflictingLengths);
                assert!(expected, "{self:?}: {error}");
                return;
            }
        };
        let expected = object(number, self.size);
        let expected = if has_body && method == Method::Get { &expected[..] } else { b"" };
        let read = match self.reading {
            Reading::LargeReads => read_in_chunks(&mut response, || 1 << 20),
            Reading::SmallReads | Reading::Head => read_in_chunks(&mut response, || 700),
            Reading::Unread => return,
            Reading::Abandoned => {
                let mut byte = [0];
                let n = response.read(&mut byte).unwrap();
                assert_eq!(byte[..n], expected[..n], "{self:?}");
                return;
            }
        };
        match read {
            Ok(bytes) => assert!(bytes == expected, "{self:?}: {} bytes", bytes.len()),
            Err(error) => assert!(self.framing == Framing::Broken, "{self:?}: {error}"),
        }
    }
}

/// The content of an object, which differs from that of any other.
fn object(number: usize, size: usize) -> Vec<u8> {
    [format!("object {number} ").as_bytes(), &content(size)].concat()
}

fn respond(scenarios: &[Scenario], request: &Request) -> Response {
    let mut parts = request.path().rsplit('/');
    let number: usize = parts.next().unwrap().parse().unwrap();
    match parts.next() {
        Some("object") => scenarios[number % scenarios.len()].respond(number),
        _ => Response::content(format!("This is number {number}.")),
    }
}

#[track_caller]
fn check(client: &Client, number: usize, scenario: Scenario) {
    let text = client.get_object("b", &format!("check/{number}")).unwrap().text().unwrap();
    assert_eq!(text, format!("This is number {number}."), "after {scenario:?}");
}

fn start(max_attempts: u32) -> (FakeServer, Config) {
    let all = scenarios();
    let server = FakeServer::serve(move |request| respond(&all, request));
    let retry = RetryPolicy::new().max_attempts(max_attempts).base_delay(std::time::Duration::ZERO);
    let config = config(&server).retry(retry);
    (server, config)
}

// promise: R8, R11
#[test]
fn no_scenario_leaves_a_foreign_byte() {
    let (server, config) = start(3);
    let client = Client::new(config).unwrap();
    let scenarios = scenarios();
    assert_eq!(scenarios.len(), 560);
    for (number, scenario) in scenarios.into_iter().enumerate() {
        scenario.run(&client, number);
        check(&client, number, scenario);
    }
    drop(server);
}

// promise: R8, R11
#[test]
fn no_scenario_leaves_a_foreign_byte_in_another_thread() {
    let (server, config) = start(6);
    let client = Client::new(config.max_idle_connections(3)).unwrap();
    let scenarios = scenarios();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    // Neighbouring scenarios are alike, so that their order is scattered.
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= scenarios.len() {
                        break;
                    }
                    let number = number * 89 % scenarios.len();
                    scenarios[number].run(&client, number);
                    check(&client, number, scenarios[number]);
                }
            });
        }
    });
    drop(server);
}
