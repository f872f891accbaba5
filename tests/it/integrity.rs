//! Content that is truncated, too long or different from its ETag is never accepted as the object.

use std::io::Read as _;

use plain_s3::{Client, ErrorKind};

use crate::clients::{client, client_without_retries, config};
use crate::fake_server::{End, FakeServer, Response};
use crate::signatures::md5_hex;
use crate::support::fails;

const HELLO: &str = "Hello World!";

#[test]
fn put_response_with_another_md5_is_an_integrity_error() {
    let server = FakeServer::start([
        Response::stored(b"something else"),
        Response::new(200).header("etag", "\"0123456789abcdef0123456789abcdef-2\""),
        Response::stored(b"something else").header("x-amz-server-side-encryption", "aws:kms"),
        Response::stored(b"something else"),
    ]);
    let checked = client_without_retries(&server);
    let error = fails(ErrorKind::Integrity, checked.put_object("b", "k", HELLO));
    assert!(error.to_string().contains(&md5_hex(HELLO.as_bytes())), "{error}");
    assert!(error.to_string().contains(&md5_hex(b"something else")), "{error}");
    // Not an MD5: the ETag of a multipart object, then the ETag of an encrypted object.
    checked.put_object("b", "k", HELLO).unwrap();
    checked.put_object("b", "k", HELLO).unwrap();
    Client::new(config(&server).skip_checksums()).unwrap().put_object("b", "k", HELLO).unwrap();
    let _: [_; 4] = server.finish();
}

// promise: D1
#[test]
fn mismatched_etag_fails_before_the_end_of_the_content() {
    let server = FakeServer::serve(|_| Response::stored(b"something else").body(HELLO));
    let mut object = client(&server).get_object("b", "k").unwrap();
    let mut got = Vec::new();
    let error = object.read_to_end(&mut got).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    assert!(got.len() < HELLO.len());
    fails(ErrorKind::Integrity, client(&server).get_object("b", "k").unwrap().bytes());
    let unchecked = Client::new(config(&server).skip_checksums()).unwrap();
    assert_eq!(unchecked.get_object("b", "k").unwrap().text().unwrap(), HELLO);
}

#[test]
fn empty_body_with_mismatched_etag_fails() {
    let server = FakeServer::serve(|_| Response::stored(HELLO.as_bytes()));
    fails(ErrorKind::Integrity, client(&server).get_object("b", "k").unwrap().bytes());
}

// promise: D1
#[test]
fn truncated_body_fails() {
    for cut in [0, 1, 11] {
        let server = FakeServer::serve(move |_| Response::new(200).body(HELLO).cut(cut, End::Fin));
        let object = client_without_retries(&server).get_object("b", "k").unwrap();
        fails(ErrorKind::Network, object.bytes());
        let server = FakeServer::serve(move |_| Response::new(200).body(HELLO).cut(cut, End::Rst));
        // A reset may overtake the head of the response.
        fails(
            ErrorKind::Network,
            client_without_retries(&server).get_object("b", "k").and_then(|object| object.bytes()),
        );
    }
}

#[test]
fn bytes_after_content_length_are_discarded() {
    let server = FakeServer::serve(|_| Response::content(HELLO).garbage(b"HTTP/1.1 200 OK\r\n\r\n"));
    let client = client(&server);
    for _ in 0..2 {
        assert_eq!(client.get_object("b", "k").unwrap().text().unwrap(), HELLO);
    }
}

#[test]
fn object_without_content_length_is_rejected() {
    for cut in [HELLO.len(), 3] {
        let response = Response::new(200).body(HELLO).until_close().cut(cut, End::Fin);
        let server = FakeServer::start([response]);
        let error =
            fails(ErrorKind::UnexpectedResponse, client_without_retries(&server).get_object("b", "k"));
        assert!(error.to_string().contains("no Content-Length"), "{error}");
    }
}

#[test]
fn head_without_content_length_is_rejected() {
    let server = FakeServer::serve(|_| Response::new(200).until_close());
    fails(ErrorKind::UnexpectedResponse, client(&server).head_object("b", "k"));
}
