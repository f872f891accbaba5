//! A large upload that the server refuses before it has read it: the server's own words, and no hang.

use std::io::Read;

use plain_s3::{Body, Client, ErrorKind, Result};

use crate::clients::{client, once};
use crate::fake_server::{Answer, End, FakeServer};
use crate::support::{TempDir, fails};

const SIZE: usize = 12 << 20;
const RUNS: usize = 20;

const REFUSALS: [(u16, &str); 4] =
    [(403, "AccessDenied"), (404, "NoSuchBucket"), (400, "InvalidRequest"), (507, "InsufficientStorage")];

/// Every way to send much.
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

/// Refuses uploads as soon as their head is there, and then does this with the connection: 20 runs of 20
/// must give the error that the server sent.
fn refused_and_then(end: End) {
    std::thread::scope(|scope| {
        for send in SENDERS {
            scope.spawn(move || (0..RUNS / SENDERS.len()).for_each(|run| refused_once(send, run, end)));
        }
    });
}

fn refused_once(send: fn(&Client) -> Result<()>, run: usize, end: End) {
    let (status, code) = REFUSALS[run % REFUSALS.len()];
    let server = FakeServer::start([Answer::error(status, code).early().then(end)]);
    let error = fails(ErrorKind::Server, send(&client(&server)));
    assert_eq!((error.status(), error.code()), (Some(status), Some(code)), "{error}");
    let [request] = server.finish();
    assert!(!request.complete);
}

#[test]
fn and_the_connection_reset() {
    refused_and_then(End::Rst);
}

#[test]
fn and_the_connection_closed_after_what_had_come() {
    refused_and_then(End::Fin);
}

#[test]
fn and_nothing_read_any_more_though_the_connection_stays() {
    refused_and_then(End::Stall);
}

#[test]
fn and_all_of_it_read_and_thrown_away() {
    refused_and_then(End::Linger);
}

#[test]
fn and_all_of_it_read_and_the_connection_kept() {
    let server = FakeServer::serve(|_| Answer::error(403, "AccessDenied").early());
    let client = client(&server);
    for send in SENDERS {
        assert!(fails(ErrorKind::Server, send(&client)).is_access_denied());
    }
    // what was sent to the end can be followed by another request
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_connection_that_was_refused_is_not_used_again() {
    let server = FakeServer::start([
        Answer::error(403, "AccessDenied").early().then(End::Stall),
        Answer::stored(b"small"),
    ]);
    let client = client(&server);
    fails(ErrorKind::Server, client.put_object("b", "k", vec![7; SIZE]));
    client.put_object("b", "k", "small").unwrap();
    assert_eq!(server.finish::<2>().map(|request| request.connection), [1, 2]);
}

#[test]
fn an_early_slow_down_is_sent_again() {
    for end in [End::Rst, End::Stall] {
        let stored = Answer::by(|request| Answer::stored(&request.body));
        let server = FakeServer::start([Answer::error(503, "SlowDown").early().then(end), stored]);
        client(&server).put_object("b", "k", vec![7; SIZE]).unwrap();
        let [_, second] = server.finish();
        assert_eq!(second.body.len(), SIZE);
    }
}

#[test]
fn an_early_success_is_none() {
    for end in [End::Rst, End::Stall] {
        let server = FakeServer::start([Answer::new(200).header("etag", "\"e\"").early().then(end)]);
        let error = fails(ErrorKind::Network, once(&server).put_object("b", "k", vec![7; SIZE]));
        assert!(error.to_string().contains("before it received the whole body"), "{error}");
    }
}

#[test]
fn a_connection_that_ends_without_a_word_is_a_network_error() {
    for end in [End::Rst, End::Fin] {
        for send in SENDERS {
            let server = FakeServer::start([Answer::nothing(end).early()]);
            fails(ErrorKind::Network, send(&once(&server)));
        }
    }
}

#[test]
fn a_body_with_an_error_of_its_own_has_that_one() {
    // refused or not: the reader fails before the server is asked a second time
    let server = FakeServer::serve(|_| Answer::stored(b"").early());
    let short = Body::from_reader(bytes(), SIZE as u64 + 1);
    let error = fails(ErrorKind::LocalIo, client(&server).put_object("b", "k", short));
    assert!(error.to_string().contains("ended after 12582912 of its 12582913 bytes"), "{error}");
    assert!(server.requests().iter().all(|request| !request.complete));
}

/// Makes a call before it gives anything.
struct Calling<F, R>(Option<F>, R);

impl<F: FnOnce(), R: Read> Read for Calling<F, R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if let Some(call) = self.0.take() {
            call();
        }
        self.1.read(buf)
    }
}

#[test]
fn a_refusal_of_what_a_body_sends_by_itself_is_none_of_the_body() {
    let other = FakeServer::start([Answer::error(403, "AccessDenied").early().then(End::Rst)]);
    let refused = || drop(fails(ErrorKind::Server, client(&other).put_object("b", "k", vec![1; SIZE])));
    let server = FakeServer::serve(|request| Answer::stored(&request.body));
    let body = Body::from_reader(Calling(Some(refused), bytes()), SIZE as u64);
    client(&server).put_object("b", "k", body).unwrap();
    let [request] = server.finish();
    assert!(request.complete && request.body.iter().all(|&byte| byte == 7));
}
