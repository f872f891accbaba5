//! Raw requests: requests that the caller describes.

use std::io::Read as _;

use plain_s3::{Body, ErrorKind, Method, RawRequest};

use crate::clients::{client, client_v4};
use crate::fake_server::{End, FakeServer, Response};
use crate::signatures::{assert_signed_v2, assert_signed_v4, md5_base64};
use crate::support::{TempDir, fails};

#[test]
fn raw_request_is_sent_as_described() {
    let request = RawRequest::new(Method::Post)
        .bucket("b")
        .key("a b/é")
        .subresource("select")
        .query("select-type", "2")
        .query("empty", "")
        .header("Content-Type", "application/xml");
    for sign in [client, client_v4] {
        let server = FakeServer::start([Response::new(202).header("x-own", "1").body("<Done/>")]);
        let response = sign(&server).send_raw(&request, "<Select/>").unwrap();
        assert_eq!((response.status, response.header("X-Own")), (202, Some("1")));
        assert_eq!(response.text().unwrap(), "<Done/>");
        let [received] = server.finish();
        assert_eq!(received.line(), "POST /b/a%20b/%C3%A9?select&select-type=2&empty= HTTP/1.1");
        assert_eq!(received.header("content-md5"), Some(md5_base64(b"<Select/>").as_str()));
        assert_eq!(received.text(), "<Select/>");
        match received.header("x-amz-content-sha256") {
            Some(sum) => {
                assert_ne!(sum, "UNSIGNED-PAYLOAD");
                assert_signed_v4(&received);
            }
            None => assert_signed_v2(&received, None),
        }
    }
}

#[test]
fn raw_request_is_retried_and_signed_again() {
    let server = FakeServer::start([
        Response::error(503, "SlowDown"),
        Response::none(End::Fin),
        Response::new(200).body("at last"),
    ]);
    let folder = TempDir::new();
    let path = folder.path().join("body");
    std::fs::write(&path, "from a file").unwrap();
    let request = RawRequest::new(Method::Put).bucket("b").key("k");
    let file = std::fs::File::open(&path).unwrap();
    let response = client_v4(&server).send_raw(&request, file).unwrap();
    assert_eq!(response.text().unwrap(), "at last");
    for received in server.finish::<3>() {
        assert_eq!(received.text(), "from a file");
        assert_signed_v4(&received);
    }
    let server = FakeServer::start([Response::none(End::Fin)]);
    let reader = Body::from_reader(&b"only once"[..], 9);
    fails(ErrorKind::Network, client(&server).send_raw(&request, reader));
    let [_] = server.finish();
}

#[test]
fn truncated_raw_response_fails_while_reading() {
    let server = FakeServer::start([Response::new(200).body("0123456789").cut(4, End::Fin)]);
    let mut response = client(&server).send_raw(&RawRequest::new(Method::Get).bucket("b"), "").unwrap();
    let mut text = String::new();
    let error = response.read_to_string(&mut text).unwrap_err();
    let error = error.downcast::<plain_s3::Error>().unwrap();
    assert_eq!((error.kind(), text.as_str()), (ErrorKind::Network, "0123"));
}
