//! How this client handles misbehaving servers, one test for each row of the table that was made by trying
//! other clients.

use std::fs;

use plain_s3::{Error, ErrorKind};

use crate::clients::{client, client_without_retries};
use crate::fake_server::{End, FakeServer, Response, Store};
use crate::support::{TempDir, content, fails};

const HELLO: &str = "Hello World!";

#[test]
fn twenty_requests_use_one_connection() {
    let store = Store::default();
    let server = store.serve(|_| None);
    let client = client(&server);
    for i in 0..10 {
        client.put_object("b", "k", format!("{i}")).unwrap();
        assert_eq!(client.get_object("b", "k").unwrap().text().unwrap(), format!("{i}"));
    }
    assert_eq!((server.requests().len(), server.connections()), (20, 1));
}

#[test]
fn small_upload_of_unknown_length_is_one_request() {
    for content in ["", HELLO] {
        let server = FakeServer::start([Response::stored(content.as_bytes())]);
        client(&server).upload_reader("b", "k", content.as_bytes()).unwrap();
        let [request] = server.finish();
        assert_eq!((request.line(), request.text()), ("PUT /b/k HTTP/1.1", content));
    }
}

#[test]
fn truncated_body_is_resumed_and_fails_without_range_support() {
    let body = content(100_000);
    let store = Store::default();
    store.put("/b/k", &body);
    let first = Response::content(&body).cut(50_000, End::Fin);
    let mut first = Some(first);
    let server = store.serve(move |_| first.take());
    assert!(client(&server).get_object("b", "k").unwrap().bytes().unwrap() == body);
    assert_eq!(server.requests()[1].header("range"), Some("bytes=50000-99999"));

    // This server ignores ranges.
    let server = FakeServer::serve(move |_| Response::content(&body).cut(50_000, End::Fin));
    fails(ErrorKind::UnexpectedResponse, client(&server).get_object("b", "k").unwrap().bytes());
}

#[test]
fn body_with_mismatched_etag_fails() {
    let folder = TempDir::new();
    let target = folder.file("target", "old");
    let server = FakeServer::serve(|_| Response::stored(b"another content").body(HELLO));
    fails(ErrorKind::Integrity, client(&server).get_object("b", "k").unwrap().bytes());
    fails(ErrorKind::Integrity, client(&server).download_file("b", "k", &target));
    assert_eq!((folder.names(), fs::read(target).unwrap()), (vec!["target".into()], b"old".to_vec()));
}

#[test]
fn put_response_with_wrong_etag_fails() {
    let folder = TempDir::new();
    let file = folder.file("file", HELLO);
    let server = FakeServer::serve(|_| Response::stored(b"another content"));
    let client = client(&server);
    fails(ErrorKind::Integrity, client.put_object("b", "k", HELLO));
    fails(ErrorKind::Integrity, client.upload_file("b", "k", &file));
    fails(ErrorKind::Integrity, client.upload_reader("b", "k", HELLO.as_bytes()));
}

#[test]
fn truncated_download_to_a_file_is_resumed() {
    let body = content(100_000);
    let folder = TempDir::new();
    let store = Store::default();
    store.put("/b/k", &body);
    let mut first = Some(Response::content(&body).cut(50_000, End::Rst));
    let server = store.serve(move |_| first.take());
    client(&server).download_file("b", "k", folder.join("target")).unwrap();
    assert!(fs::read(folder.join("target")).unwrap() == body);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn slow_down_is_retried_for_get_and_put() {
    let slow = || Response::error(503, "SlowDown");
    let server =
        FakeServer::start([slow(), Response::content(HELLO), slow(), Response::stored(HELLO.as_bytes())]);
    let client = client(&server);
    assert_eq!(client.get_object("b", "k").unwrap().text().unwrap(), HELLO);
    client.put_object("b", "k", HELLO).unwrap();
    let _: [_; 4] = server.finish();
}

#[test]
fn error_in_the_200_of_complete_is_retried_or_returned() {
    let error = "\n<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>";
    let done = "<CompleteMultipartUploadResult><ETag>\"e-1\"</ETag></CompleteMultipartUploadResult>";
    let complete = |server: &FakeServer| {
        let part = plain_s3::CompletedPart::new(1, "e");
        client(server).complete_multipart_upload("b", "k", "id", &[part])
    };
    let server = FakeServer::start([Response::xml(error), Response::xml(done)]);
    assert_eq!(complete(&server).unwrap().e_tag.unwrap().as_str(), "e-1");
    let server = FakeServer::serve(move |_| Response::xml(error));
    assert_eq!(fails(ErrorKind::Server, complete(&server)).code(), Some("InternalError"));
    let server = FakeServer::start([Response::xml("<Error><Code>EntityTooSmall</Code></Error>")]);
    assert_eq!(fails(ErrorKind::Server, complete(&server)).code(), Some("EntityTooSmall"));
}

#[test]
fn early_403_on_a_put_of_12_mb_is_returned() {
    for _ in 0..20 {
        let server = FakeServer::start([Response::error(403, "AccessDenied").early().then(End::Rst)]);
        let error = client_without_retries(&server).put_object("b", "k", vec![7; 12 << 20]).unwrap_err();
        assert_eq!((error.status(), error.code()), (Some(403), Some("AccessDenied")), "{error}");
    }
}

#[test]
fn content_encoding_is_not_decoded() {
    // The first bytes of a gzip file.
    let zipped = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 7, 7, 7];
    let server = FakeServer::start([Response::content(zipped).header("content-encoding", "gzip")]);
    assert_eq!(client(&server).get_object("b", "k").unwrap().bytes().unwrap(), zipped);
    assert_eq!(server.finish::<1>()[0].header("accept-encoding"), None);
}

#[test]
fn listing_without_namespace_or_etag_is_read() -> Result<(), Error> {
    let server = FakeServer::start([Response::xml(
        "<ListBucketResult><Contents><Key>k</Key><Size>3</Size></Contents></ListBucketResult>",
    )]);
    let objects = client(&server).list_objects("b").collect::<Result<Vec<_>, _>>()?;
    assert_eq!((objects[0].key.as_str(), objects[0].size, &objects[0].e_tag), ("k", 3, &None));
    Ok(())
}

#[test]
fn keys_with_dots_and_slashes_are_sent_unchanged() {
    let server = FakeServer::serve(|request| Response::stored(&request.body));
    let client = client(&server);
    for key in ["a/../b", "..", "../other/k", "./k", "/k", "a//b", "a/"] {
        client.put_object("b", key, "").unwrap();
        assert_eq!(server.requests().last().unwrap().target(), format!("/b/{key}"));
    }
}
