//! Tests of the scripted server itself: a test that scripts a reset must get one.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::fake_server::{End, FakeServer, Response};

fn connect(server: &FakeServer) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Sends `request` and reads until the connection ends. Returns the bytes, and the error unless it was closed.
fn exchange(stream: &mut TcpStream, request: &[u8]) -> (String, Option<ErrorKind>) {
    stream.write_all(request).unwrap();
    let mut got = Vec::new();
    let end = stream.read_to_end(&mut got).err().map(|error| error.kind());
    (String::from_utf8(got).unwrap(), end)
}

const GET: &[u8] = b"GET /b/k HTTP/1.1\r\nhost: h\r\n\r\n";
const PUT: &[u8] = b"PUT /b/k HTTP/1.1\r\ncontent-length: 5\r\n\r\n12345";

#[test]
fn fin_closes_cleanly_and_rst_resets_with_and_without_a_body() {
    for request in [GET, PUT] {
        let server = FakeServer::start([
            Response::new(200).body("abcdef").cut(3, End::Fin),
            Response::new(200).body("abcdef").cut(3, End::Rst),
            Response::none(End::Fin),
            Response::none(End::Rst),
        ]);
        let mut ends = Vec::new();
        for text in ["abc", "", "", ""] {
            let (got, end) = exchange(&mut connect(&server), request);
            assert!(got.ends_with(text), "{got}");
            ends.push(end);
        }
        assert_eq!(ends, [None, Some(ErrorKind::ConnectionReset), None, Some(ErrorKind::ConnectionReset)]);
        for received in server.finish::<4>() {
            assert!(received.complete);
            assert_eq!([received.head.as_bytes(), &received.body].concat(), request);
        }
    }
}

#[test]
fn requests_on_one_connection_are_kept_apart() {
    let server = FakeServer::start([
        Response::new(200).body("one").trickle_head(),
        Response::new(200).body("two").chunked(2),
        Response::new(200).body("three").until_close().garbage(b"!"),
    ]);
    let (got, end) = exchange(&mut connect(&server), &[PUT, GET, GET].concat());
    assert_eq!(end, None);
    assert_eq!(
        got,
        "HTTP/1.1 200 Scripted\r\ncontent-length: 3\r\n\r\none\
         HTTP/1.1 200 Scripted\r\ntransfer-encoding: chunked\r\n\r\n2\r\ntw\r\n1\r\no\r\n0\r\n\r\n\
         HTTP/1.1 200 Scripted\r\nconnection: close\r\n\r\nthree!"
    );
    assert_eq!(server.connections(), 1);
    let [put, _, get] = server.finish();
    assert_eq!((put.text(), get.connection), ("12345", 1));
}

#[test]
fn early_response_comes_before_the_body() {
    let server = FakeServer::start([
        Response::new(403).early(),
        Response::new(403).early().then(End::Linger),
        Response::new(403).early().then(End::Rst),
    ]);
    let (head, body) = PUT.split_at(PUT.len() - 5);
    for complete in [true, false, false] {
        let mut stream = connect(&server);
        stream.write_all(head).unwrap();
        stream.read_exact(&mut [0; 20]).unwrap();
        let _ = stream.write_all(body);
        assert_eq!(server.requests().last().unwrap().complete, complete);
    }
}

#[test]
fn stalled_connection_stays_open_and_does_not_block_others() {
    let server = FakeServer::start([Response::new(200).body("abc").cut(1, End::Stall), Response::new(200)]);
    let mut stalled = connect(&server);
    stalled.write_all(GET).unwrap();
    let sent = b"HTTP/1.1 200 Scripted\r\ncontent-length: 3\r\n\r\na";
    let mut got = [0; 100];
    stalled.read_exact(&mut got[..sent.len()]).unwrap();
    assert!(got.starts_with(sent));
    stalled.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let error = stalled.read(&mut got).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    connect(&server).write_all(GET).unwrap();
    let _: [_; 2] = server.finish();
}

#[test]
fn connection_can_end_before_its_request() {
    let server = FakeServer::start([Response::on_accept(End::Fin), Response::on_accept(End::Rst)]);
    let mut got = String::new();
    connect(&server).read_to_string(&mut got).unwrap();
    let mut stream = connect(&server);
    stream.write_all(GET).unwrap();
    assert_eq!(stream.read_to_string(&mut got).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!((server.connections(), server.requests().len()), (2, 0));
}

#[test]
fn interrupted_request_is_kept_as_far_as_received() {
    let server = FakeServer::start([]);
    connect(&server).write_all(&PUT[..PUT.len() - 2]).unwrap();
    let requests = server.requests();
    assert_eq!((requests[0].text(), requests[0].complete), ("123", false));
}

#[test]
#[should_panic(expected = "unused responses")]
fn unused_response_panics() {
    FakeServer::start([Response::new(200)]).finish_any();
}

#[test]
#[should_panic(expected = "requests without a scripted response")]
fn request_without_scripted_response_panics() {
    let server = FakeServer::start([]);
    let mut stream = connect(&server);
    stream.write_all(GET).unwrap();
    stream.read_exact(&mut [0; 12]).unwrap();
    server.finish_any();
}

#[test]
fn thread_ends_with_the_server_despite_open_clients() {
    let server = FakeServer::start([
        Response::new(200).body("abc").drip(1, Duration::from_secs(1)),
        Response::none(End::Stall),
    ]);
    let streams = [connect(&server), connect(&server), connect(&server)];
    (&streams[0]).write_all(GET).unwrap();
    (&streams[1]).write_all(GET).unwrap();
    drop(server); // Asserts that the thread did not panic.
}
