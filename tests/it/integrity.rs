//! Content that is cut, longer, or another than its ETag says is never taken for the object.

use std::io::Read as _;

use plain_s3::{Client, ErrorKind};

use crate::clients::{client, config, once};
use crate::fake_server::{Answer, End, FakeServer};
use crate::signatures::md5_hex;
use crate::support::fails;

const HELLO: &str = "Hello World!";

#[test]
fn an_answer_to_a_put_that_names_another_md5_is_an_integrity_error() {
    let server = FakeServer::start([
        Answer::stored(b"something else"),
        Answer::new(200).header("etag", "\"0123456789abcdef0123456789abcdef-2\""),
        Answer::stored(b"something else").header("x-amz-server-side-encryption", "aws:kms"),
        Answer::stored(b"something else"),
    ]);
    let checked = client(&server);
    let error = fails(ErrorKind::Integrity, checked.put_object("b", "k", HELLO));
    assert!(error.to_string().contains(&md5_hex(HELLO.as_bytes())), "{error}");
    assert!(error.to_string().contains(&md5_hex(b"something else")), "{error}");
    // no MD5s: of parts, and of an encrypted object
    checked.put_object("b", "k", HELLO).unwrap();
    checked.put_object("b", "k", HELLO).unwrap();
    Client::new(config(&server).skip_md5_check()).unwrap().put_object("b", "k", HELLO).unwrap();
    let _: [_; 4] = server.finish();
}

#[test]
fn content_that_does_not_match_its_etag_is_an_integrity_error_before_its_end() {
    let server = FakeServer::serve(|_| Answer::stored(b"something else").body(HELLO));
    let mut object = client(&server).get_object("b", "k").unwrap();
    let mut got = Vec::new();
    let error = object.read_to_end(&mut got).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    assert!(got.len() < HELLO.len());
    fails(ErrorKind::Integrity, client(&server).get_object("b", "k").unwrap().bytes());
    let unchecked = Client::new(config(&server).skip_md5_check()).unwrap();
    assert_eq!(unchecked.get_object("b", "k").unwrap().text().unwrap(), HELLO);
}

#[test]
fn nothing_at_all_under_the_etag_of_something_is_an_integrity_error() {
    let server = FakeServer::serve(|_| Answer::stored(HELLO.as_bytes()));
    fails(ErrorKind::Integrity, client(&server).get_object("b", "k").unwrap().bytes());
}

#[test]
fn a_body_cut_short_is_never_taken_for_the_whole() {
    for cut in [0, 1, 11] {
        let server = FakeServer::serve(move |_| Answer::new(200).body(HELLO).cut(cut, End::Fin));
        let object = once(&server).get_object("b", "k").unwrap();
        fails(ErrorKind::Network, object.bytes());
        let server = FakeServer::serve(move |_| Answer::new(200).body(HELLO).cut(cut, End::Rst));
        // a reset may overtake the head of the answer
        fails(ErrorKind::Network, once(&server).get_object("b", "k").and_then(|object| object.bytes()));
    }
}

#[test]
fn bytes_after_the_announced_length_are_not_given_out() {
    let server = FakeServer::serve(|_| Answer::content(HELLO).garbage(b"HTTP/1.1 200 OK\r\n\r\n"));
    let client = client(&server);
    for _ in 0..2 {
        assert_eq!(client.get_object("b", "k").unwrap().text().unwrap(), HELLO);
    }
}

#[test]
fn an_object_without_a_length_is_refused_as_a_cut_could_not_be_seen() {
    for cut in [HELLO.len(), 3] {
        let answer = Answer::new(200).body(HELLO).until_close().cut(cut, End::Fin);
        let server = FakeServer::start([answer]);
        let error = fails(ErrorKind::UnexpectedResponse, once(&server).get_object("b", "k"));
        assert!(error.to_string().contains("no Content-Length"), "{error}");
    }
}

#[test]
fn a_head_without_a_length_is_no_answer_of_s3() {
    let server = FakeServer::serve(|_| Answer::new(200).until_close());
    fails(ErrorKind::UnexpectedResponse, client(&server).head_object("b", "k"));
}
