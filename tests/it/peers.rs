//! What other clients do with a server that misbehaves was tried and written down as a table. Here is what
//! this one does: a test for each row.

use std::fs;

use plain_s3::{Error, ErrorKind};

use crate::clients::{client, once};
use crate::fake_server::{Answer, End, FakeServer, Store};
use crate::support::{TempDir, content, fails};

const HELLO: &str = "Hello World!";

#[test]
fn twenty_requests_take_one_connection() {
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
fn a_small_upload_of_unknown_length_is_one_request() {
    for content in ["", HELLO] {
        let server = FakeServer::start([Answer::stored(content.as_bytes())]);
        client(&server).upload_reader("b", "k", content.as_bytes()).unwrap();
        let [request] = server.finish();
        assert_eq!((request.line(), request.text()), ("PUT /b/k HTTP/1.1", content));
    }
}

#[test]
fn a_body_cut_short_is_resumed_and_without_ranges_an_error() {
    let body = content(100_000);
    let store = Store::default();
    store.put("/b/k", &body);
    let first = Answer::content(&body).cut(50_000, End::Fin);
    let mut first = Some(first);
    let server = store.serve(move |_| first.take());
    assert!(client(&server).get_object("b", "k").unwrap().bytes().unwrap() == body);
    assert_eq!(server.requests()[1].header("range"), Some("bytes=50000-99999"));

    // this server knows no ranges
    let server = FakeServer::serve(move |_| Answer::content(&body).cut(50_000, End::Fin));
    fails(ErrorKind::UnexpectedResponse, client(&server).get_object("b", "k").unwrap().bytes());
}

#[test]
fn a_body_that_does_not_match_its_etag_is_an_error() {
    let folder = TempDir::new();
    let target = folder.file("target", "old");
    let server = FakeServer::serve(|_| Answer::stored(b"another content").body(HELLO));
    fails(ErrorKind::Integrity, client(&server).get_object("b", "k").unwrap().bytes());
    fails(ErrorKind::Integrity, client(&server).download_file("b", "k", &target));
    assert_eq!((folder.names(), fs::read(target).unwrap()), (vec!["target".into()], b"old".to_vec()));
}

#[test]
fn a_wrong_etag_answered_to_a_put_is_an_error() {
    let folder = TempDir::new();
    let file = folder.file("file", HELLO);
    let server = FakeServer::serve(|_| Answer::stored(b"another content"));
    let client = client(&server);
    fails(ErrorKind::Integrity, client.put_object("b", "k", HELLO));
    fails(ErrorKind::Integrity, client.upload_file("b", "k", &file));
    fails(ErrorKind::Integrity, client.upload_reader("b", "k", HELLO.as_bytes()));
}

#[test]
fn a_cut_in_the_middle_is_resumed_into_a_file() {
    let body = content(100_000);
    let folder = TempDir::new();
    let store = Store::default();
    store.put("/b/k", &body);
    let mut first = Some(Answer::content(&body).cut(50_000, End::Rst));
    let server = store.serve(move |_| first.take());
    client(&server).download_file("b", "k", folder.join("target")).unwrap();
    assert!(fs::read(folder.join("target")).unwrap() == body);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn slow_down_is_repeated_for_a_get_and_for_a_put() {
    let slow = || Answer::error(503, "SlowDown");
    let server =
        FakeServer::start([slow(), Answer::content(HELLO), slow(), Answer::stored(HELLO.as_bytes())]);
    let client = client(&server);
    assert_eq!(client.get_object("b", "k").unwrap().text().unwrap(), HELLO);
    client.put_object("b", "k", HELLO).unwrap();
    let _: [_; 4] = server.finish();
}

#[test]
fn an_error_in_the_200_of_complete_is_repeated_or_an_error() {
    let error = "\n<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>";
    let done = "<CompleteMultipartUploadResult><ETag>\"e-1\"</ETag></CompleteMultipartUploadResult>";
    let complete = |server: &FakeServer| {
        let part = plain_s3::CompletedPart::new(1, "e");
        client(server).complete_multipart_upload("b", "k", "id", &[part])
    };
    let server = FakeServer::start([Answer::xml(error), Answer::xml(done)]);
    assert_eq!(complete(&server).unwrap().e_tag.unwrap().as_str(), "e-1");
    let server = FakeServer::serve(move |_| Answer::xml(error));
    assert_eq!(fails(ErrorKind::Server, complete(&server)).code(), Some("InternalError"));
    let server = FakeServer::start([Answer::xml("<Error><Code>EntityTooSmall</Code></Error>")]);
    assert_eq!(fails(ErrorKind::Server, complete(&server)).code(), Some("EntityTooSmall"));
}

#[test]
fn an_early_403_on_a_put_of_12_mb_is_that_403() {
    for _ in 0..20 {
        let server = FakeServer::start([Answer::error(403, "AccessDenied").early().then(End::Rst)]);
        let error = once(&server).put_object("b", "k", vec![7; 12 << 20]).unwrap_err();
        assert_eq!((error.status(), error.code()), (Some(403), Some("AccessDenied")), "{error}");
    }
}

#[test]
fn what_is_stored_with_a_content_encoding_comes_as_it_is_stored() {
    // the start of any gzip file
    let zipped = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 7, 7, 7];
    let server = FakeServer::start([Answer::content(zipped).header("content-encoding", "gzip")]);
    assert_eq!(client(&server).get_object("b", "k").unwrap().bytes().unwrap(), zipped);
    assert_eq!(server.finish::<1>()[0].header("accept-encoding"), None);
}

#[test]
fn a_listing_without_a_namespace_or_an_etag_is_read() -> Result<(), Error> {
    let server = FakeServer::start([Answer::xml(
        "<ListBucketResult><Contents><Key>k</Key><Size>3</Size></Contents></ListBucketResult>",
    )]);
    let objects = client(&server).list_objects("b").collect::<Result<Vec<_>, _>>()?;
    assert_eq!((objects[0].key.as_str(), objects[0].size, &objects[0].e_tag), ("k", 3, &None));
    Ok(())
}

#[test]
fn keys_with_dots_and_slashes_go_out_as_they_are() {
    let server = FakeServer::serve(|request| Answer::stored(&request.body));
    let client = client(&server);
    for key in ["a/../b", "..", "../other/k", "./k", "/k", "a//b", "a/"] {
        client.put_object("b", key, "").unwrap();
        assert_eq!(server.requests().last().unwrap().target(), format!("/b/{key}"));
    }
}
