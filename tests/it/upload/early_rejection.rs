//! Large uploads that the server rejects before it has read them: the client returns the server's error and
//! does not hang.

use std::io::Read;

use plain_s3::{Body, Client, ErrorKind, Result};

use crate::clients::{client, client_without_retries};
use crate::fake_server::{End, FakeServer, Response};
use crate::support::{TempDir, fails};

const SIZE: usize = 12 << 20;
const RUNS: usize = 20;

const REJECTIONS: [(u16, &str); 4] =
    [(403, "AccessDenied"), (404, "NoSuchBucket"), (400, "InvalidRequest"), (507, "InsufficientStorage")];

/// All methods that send a large body.
const SENDERS: [fn(&Client) -> Result<()>; 4] = [
    |client| client.put_object("b", "k", vec![7; SIZE]).map(drop),
    |client| {
        let folder = TempDir::new();
        let file = std::fs::File::open(folder.file("file", vec![7; SIZE])).unwrap();
        client.put_object("b", "k", &file).map(drop)
    },
    |client| client.put_object("b", "k", Body::from_reader(bytes(), SIZE as u64)).map(drop),
    |client| client.upload_reader("b", "k", bytes()).map(drop),
];

fn bytes() -> impl Read {
    std::io::repeat(7).take(SIZE as u64)
}

/// Rejects uploads as soon as their head has arrived, then applies `end` to the connection. All of 20 runs
/// must fail with the error that the server sent.
fn assert_rejected_then(end: End) {
    // One thread for each sender, to save time.
    std::thread::scope(|scope| {
        for send in SENDERS {
            scope.spawn(move || (0..RUNS / SENDERS.len()).for_each(|run| assert_rejected(send, run, end)));
        }
    });
}

fn assert_rejected(send: fn(&Client) -> Result<()>, run: usize, end: End) {
    let (status, code) = REJECTIONS[run % REJECTIONS.len()];
    let server = FakeServer::start([Response::error(status, code).early().then(end)]);
    let error = fails(ErrorKind::Server, send(&client(&server)));
    assert_eq!((error.status(), error.code()), (Some(status), Some(code)), "{error}");
    let [request] = server.finish();
    assert!(!request.complete);
}

// promise: U13
#[test]
fn rejection_is_reported_if_the_connection_is_reset() {
    assert_rejected_then(End::Rst);
}

// promise: U13
#[test]
fn rejection_is_reported_if_the_connection_is_closed() {
    assert_rejected_then(End::Fin);
}

// promise: U13
#[test]
fn rejection_is_reported_if_the_server_stops_reading() {
    assert_rejected_then(End::Stall);
}

// promise: U13
#[test]
fn rejection_is_reported_if_the_server_discards_the_body() {
    assert_rejected_then(End::Linger);
}

#[test]
fn connection_is_reused_if_the_whole_body_was_read() {
    let server = FakeServer::serve(|_| Response::error(403, "AccessDenied").early());
    let client = client(&server);
    for send in SENDERS {
        assert!(fails(ErrorKind::Server, send(&client)).is_access_denied());
    }
    // The whole request was sent, so another can follow it.
    assert_eq!(server.connections(), 1);
}

#[test]
fn connection_is_not_reused_after_an_early_rejection() {
    let server = FakeServer::start([
        Response::error(403, "AccessDenied").early().then(End::Stall),
        Response::stored(b"small"),
    ]);
    let client = client(&server);
    fails(ErrorKind::Server, client.put_object("b", "k", vec![7; SIZE]));
    client.put_object("b", "k", "small").unwrap();
    assert_eq!(server.finish::<2>().map(|request| request.connection), [1, 2]);
}

#[test]
fn early_slow_down_is_retried() {
    for end in [End::Rst, End::Stall] {
        let stored = Response::from_fn(|request| Response::stored(&request.body));
        let server = FakeServer::start([Response::error(503, "SlowDown").early().then(end), stored]);
        client(&server).put_object("b", "k", vec![7; SIZE]).unwrap();
        let [_, second] = server.finish();
        assert_eq!(second.body.len(), SIZE);
    }
}

#[test]
fn early_success_is_an_error() {
    for end in [End::Rst, End::Stall] {
        let server = FakeServer::start([Response::new(200).header("etag", "\"e\"").early().then(end)]);
        let error =
            fails(ErrorKind::Network, client_without_retries(&server).put_object("b", "k", vec![7; SIZE]));
        assert!(
            error.to_string().contains("the server reported success before it received the whole body"),
            "{error}"
        );
    }
}

#[test]
fn connection_closed_without_response_is_a_network_error() {
    for end in [End::Rst, End::Fin] {
        for send in SENDERS {
            let server = FakeServer::start([Response::none(end).early()]);
            fails(ErrorKind::Network, send(&client_without_retries(&server)));
        }
    }
}

#[test]
fn body_error_takes_precedence() {
    // The reader fails before a second attempt, whether the server rejects the upload or not.
    let server = FakeServer::serve(|_| Response::stored(b"").early());
    let short = Body::from_reader(bytes(), SIZE as u64 + 1);
    let error = fails(ErrorKind::LocalIo, client(&server).put_object("b", "k", short));
    assert!(error.to_string().contains("ended after 12582912 of its 12582913 bytes"), "{error}");
    assert!(server.requests().iter().all(|request| !request.complete));
}

/// A reader that makes a call before it returns anything.
struct CallThenRead<F, R>(Option<F>, R);

impl<F: FnOnce(), R: Read> Read for CallThenRead<F, R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if let Some(call) = self.0.take() {
            call();
        }
        self.1.read(buf)
    }
}

// promise: U13
#[test]
fn rejection_of_a_nested_call_does_not_affect_the_upload() {
    let other = FakeServer::start([Response::error(403, "AccessDenied").early().then(End::Rst)]);
    let nested = || drop(fails(ErrorKind::Server, client(&other).put_object("b", "k", vec![1; SIZE])));
    let server = FakeServer::serve(|request| Response::stored(&request.body));
    let body = Body::from_reader(CallThenRead(Some(nested), bytes()), SIZE as u64);
    client(&server).put_object("b", "k", body).unwrap();
    let [request] = server.finish();
    assert!(request.complete && request.body.iter().all(|&byte| byte == 7));
}
