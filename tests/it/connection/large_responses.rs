//! Large answers and the connections they come on: which is used again, and where a body ends.

use std::io::Read as _;
use std::time::Duration;

use plain_s3::{Client, ErrorKind, Method, RawRequest, Result, RetryPolicy};

use crate::clients::{client, config, once};
use crate::fake_server::{Answer, End, FakeServer, HELLO, Store, get_small};
use crate::signatures::md5_hex;
use crate::support::{content, fails};
use crate::way::{Way, changing, read_by};

/// More than is read past ureq at the least, and no multiple of any buffer.
const SIZE: usize = (2 << 20) + 123_456;
const LARGE: usize = 1 << 20;
const SMALL: usize = 8 << 10;

#[test]
fn a_connection_that_is_over_after_the_content_is_not_used_again() {
    let body = content(SIZE);
    let whole = || Answer::content(content(SIZE));
    let old = format!("HTTP/1.0 200 OK\r\ncontent-length: {SIZE}\r\netag: \"{}\"\r\n\r\n", md5_hex(&body));
    let old = [old.as_bytes(), &body].concat();
    for way in Way::BOTH {
        for (what, answer) in [
            ("closed", whole().then(End::Fin)),
            ("close", whole().header("connection", "close")),
            ("Close in a list", whole().header("connection", "keep-alive, Close")),
            ("and close", whole().header("connection", "keep-alive").header("connection", "close")),
            ("HTTP/1.0", Answer::raw(&old).then(End::Keep)),
            ("more bytes", whole().garbage(HELLO.as_bytes())),
        ] {
            let mut answer = Some(answer);
            let server = Store::of(&body).serve(move |_| answer.take());
            let client = once(&server);
            assert!(way.get(&client).unwrap() == body, "{what}");
            assert_eq!(server.requests().len(), 1); // and all that it sends has been sent
            get_small(&client);
            assert_eq!(server.connections(), 2, "{what}");
        }
    }
}

#[test]
fn a_kept_connection_that_is_closed_with_the_next_request_costs_no_error() {
    let server = FakeServer::start([
        Answer::content(content(SIZE)),
        Answer::nothing(End::Fin),
        Answer::content(HELLO),
        Answer::content(content(SIZE)).header("connection", "Keep-Alive"),
        Answer::nothing(End::Rst),
        Answer::content(HELLO),
    ]);
    let client = client(&server);
    for _ in 0..2 {
        assert!(Way::File.get(&client).unwrap() == content(SIZE));
        get_small(&client);
    }
    assert_eq!(server.finish::<6>().map(|request| request.connection), [1, 1, 2, 2, 2, 3]);
}

fn get_k() -> RawRequest {
    RawRequest::new(Method::Get).bucket("b").key("k")
}

#[test]
fn at_the_end_of_an_answer_a_larger_buffer_finds_the_end() {
    let body = content(SIZE);
    let server = FakeServer::serve(|_| Answer::content(content(SIZE)).garbage(HELLO.as_bytes()));
    let client = client(&server);
    let mut answer = client.send_raw(&get_k(), "").unwrap();
    let mut got = vec![0; SIZE];
    for piece in got.chunks_mut(SMALL) {
        answer.read_exact(piece).unwrap();
    }
    assert!(got == body);
    for _ in 0..2 {
        assert_eq!(answer.read(&mut vec![0; LARGE]).unwrap(), 0);
    }
    let mut answer = client.send_raw(&get_k(), "").unwrap();
    assert!(read_by(&mut answer, changing(3)).unwrap() == body, "an empty buffer is no end, and no error");
}

#[test]
fn a_large_listing_that_is_cut_short_is_an_error_and_no_shorter_list() {
    let entry = |i| format!("<Contents><Key>{i}{}</Key><Size>1</Size></Contents>", "k".repeat(900));
    let entries: String = (0..3000).map(entry).collect();
    let xml = format!("<ListBucketResult>{entries}</ListBucketResult>");
    let padded = format!("{xml}{}", " ".repeat(1000));
    let count = |client: Client| Ok(client.list_objects("b").collect::<Result<Vec<_>>>()?.len());
    let server = FakeServer::start([Answer::xml(&padded)]);
    assert_eq!(count(once(&server)).unwrap(), 3000);
    for cut in [xml.len(), xml.len() - 1, 2 << 20] {
        let whole = padded.clone();
        let server = FakeServer::serve(move |_| Answer::xml(&whole).cut(cut, End::Fin));
        let attempts = RetryPolicy::new().max_attempts(2).base_delay(Duration::ZERO);
        let client = Client::new(config(&server).retry(attempts)).unwrap();
        fails(ErrorKind::Network, count(client));
        assert_eq!(server.requests().len(), 2);
    }
}

#[test]
fn a_body_that_is_chunked_is_no_shorter_for_a_length_that_it_has_besides() {
    let body = content(SIZE);
    let chunked = || Answer::content(content(SIZE)).chunked(100_000);
    // the length of the body with its chunks' heads, and less
    for length in [SIZE as u64 + 260, SIZE as u64 - 1] {
        let server = FakeServer::start([chunked().content_length(length), Answer::content(HELLO)]);
        let client = client(&server);
        let mut answer = client.send_raw(&get_k(), "").unwrap();
        assert!(read_by(&mut answer, || LARGE).unwrap() == body);
        get_small(&client);
        assert_eq!(server.finish::<2>().map(|request| request.connection), [1, 1]);
    }
}

#[test]
fn a_request_that_was_answered_before_it_was_whole_leaves_no_connection() {
    // the server still waits for the body, and would take the next request for it
    let server =
        FakeServer::start([Answer::content(content(SIZE)).early().then(End::Stall), Answer::content(HELLO)]);
    let client = once(&server);
    let put = RawRequest::new(Method::Put).bucket("b").key("k").header("Expect", "100-continue");
    let mut answer = client.send_raw(&put, HELLO).unwrap();
    assert!(read_by(&mut answer, || LARGE).unwrap() == content(SIZE));
    get_small(&client);
    assert_eq!(server.finish::<2>().map(|request| request.connection), [1, 2]);
}
