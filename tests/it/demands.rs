//! What buckets and policies demand of requests: digests, signed payloads and locations.

use std::io::Read;

use plain_s3::{
    Body, ChecksumAlgorithm, Client, CreateBucketOptions, ErrorKind, Method, PutObjectOptions, RawRequest,
};

use crate::clients::{REGION, client, client_v4, client_without_retries, config, rejected};
use crate::fake_server::{FakeServer, Response};
use crate::signatures::{assert_signed_v4, md5_base64};
use crate::support::{TempDir, fails};

const HELLO_SHA256: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn stored() -> Response {
    Response::new(200)
}

fn without_md5(code: &str, message: &str) -> Response {
    Response::new(400).body(format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"))
}

const AWS_MESSAGE: &str = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters";

#[test]
fn object_lock_headers_are_sent_with_a_digest() {
    let server = FakeServer::start([stored(), stored(), stored()]);
    let client = client_v4(&server);
    for name in ["x-amz-object-lock-mode", "x-amz-object-lock-legal-hold"] {
        let options = PutObjectOptions::new().header(name, "ON");
        client.put_object_with("b", "k", "hello", &options).unwrap();
    }
    client.put_object("b", "k", "hello").unwrap();
    let [mode, hold, plain] = server.finish();
    for request in [mode, hold] {
        assert_eq!(request.header("content-md5"), Some(md5_base64(b"hello").as_str()));
    }
    assert_eq!(plain.header("content-md5"), None);
}

#[test]
fn demanded_digest_is_sent_at_once_and_remembered_for_the_bucket() {
    for (code, message) in [
        ("InvalidRequest", AWS_MESSAGE),
        ("MissingContentMD5", "Missing required header for this request: Content-Md5."),
        ("InvalidRequest", "Missing required header for this request: Content-MD5"),
    ] {
        let server = FakeServer::start([without_md5(code, message), stored(), stored(), stored(), stored()]);
        let client = client_without_retries(&server);
        client.put_object("locked", "k", "hello").unwrap();
        client.put_object("locked", "k", "again").unwrap();
        let crc = PutObjectOptions::new().checksum(ChecksumAlgorithm::Crc32);
        client.put_object_with("locked", "k", "crc", &crc).unwrap();
        client.put_object("other", "k", "hello").unwrap();
        let [rejected, repeated, next, with_crc, other] = server.finish();
        assert_eq!(rejected.header("content-md5"), None);
        assert_eq!(repeated.header("content-md5"), Some(md5_base64(b"hello").as_str()));
        assert_eq!(next.header("content-md5"), Some(md5_base64(b"again").as_str()));
        assert_eq!(with_crc.header("content-md5"), Some(md5_base64(b"crc").as_str()));
        assert!(with_crc.header("x-amz-checksum-crc32").is_some());
        assert_eq!(other.header("content-md5"), None);
    }
}

#[test]
fn part_is_sent_again_with_the_demanded_digest() {
    let etag = || stored().header("etag", "\"5d41402abc4b2a76b9719d911017c592\"");
    let server = FakeServer::start([without_md5("InvalidRequest", AWS_MESSAGE), etag()]);
    client(&server).upload_part("b", "k", "id", 1, "hello").unwrap();
    let [_, repeated] = server.finish();
    assert_eq!(repeated.header("content-md5"), Some(md5_base64(b"hello").as_str()));
}

#[test]
fn body_that_cannot_be_read_twice_is_rejected_with_a_way_out() {
    let server = FakeServer::start([
        without_md5("InvalidRequest", AWS_MESSAGE),
        without_md5("InvalidRequest", AWS_MESSAGE),
        stored(),
    ]);
    let client = client(&server);
    for _ in 0..2 {
        let mut reader = "hello".as_bytes();
        let body = Body::from_reader(&mut reader as &mut dyn Read, 5);
        let error = fails(ErrorKind::Server, client.put_object("b", "k", body));
        assert!(error.hint().unwrap().contains("use upload_reader"), "{error}");
    }
    client.upload_reader("b", "k", "hello".as_bytes()).unwrap();
    let [_, _, uploaded] = server.finish();
    assert_eq!(uploaded.header("content-md5"), Some(md5_base64(b"hello").as_str()));
}

#[test]
fn wrong_digest_of_the_caller_is_not_replaced() {
    let server =
        FakeServer::start([without_md5("BadDigest", "The Content-MD5 you specified did not match.")]);
    let own = PutObjectOptions::new().header("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==");
    let error =
        fails(ErrorKind::Server, client_without_retries(&server).put_object_with("b", "k", "x", &own));
    assert_eq!(error.code(), Some("BadDigest"));
    let [request] = server.finish();
    assert_eq!(request.header("content-md5"), Some("1B2M2Y8AsgTpgAmY7PhCfg=="));
}

/// Returns a client that signs content.
fn signing_client(server: &FakeServer) -> Client {
    Client::new(config(server).region(REGION).sign_payload()).unwrap()
}

#[test]
fn content_is_signed_if_the_configuration_requires_it() {
    let server = FakeServer::serve(|_| stored());
    let client = signing_client(&server);
    let folder = TempDir::new();
    let file = folder.file("hello.txt", "hello");
    client.put_object("b", "k", "hello").unwrap();
    client.put_object("b", "k", std::fs::File::open(&file).unwrap()).unwrap();
    client.upload_reader("b", "k", "hello".as_bytes()).unwrap();
    client.send_raw(&RawRequest::new(Method::Put).bucket("b").key("k"), "hello").unwrap();
    let pinned = PutObjectOptions::new().checksum(ChecksumAlgorithm::Crc32);
    client.put_object_with("b", "k", "hello", &pinned).unwrap();
    let mut reader = "hello".as_bytes();
    let body = Body::from_reader(&mut reader as &mut dyn Read, 5);
    rejected(client.put_object("b", "k", body), "read only once");
    for request in server.finish::<5>() {
        assert_eq!(request.header("x-amz-content-sha256"), Some(HELLO_SHA256));
        assert_signed_v4(&request);
    }
}

#[test]
fn signed_content_requires_v4() {
    let server = FakeServer::serve(|_| stored());
    let signing = config(&server).sign_payload();
    rejected(Client::new(signing.clone()), "Config::sign_payload requires Signature V4");
    // An anonymous request has no signature, so a reader is not rejected either.
    let mut reader = "hello".as_bytes();
    let body = Body::from_reader(&mut reader as &mut dyn Read, 5);
    Client::new(signing.anonymous()).unwrap().put_object("b", "k", body).unwrap();
}

#[test]
fn digest_of_the_caller_is_signed_unchanged() {
    let own = PutObjectOptions::new().header("x-amz-content-sha256", HELLO_SHA256);
    let server = FakeServer::start([stored(), stored(), stored()]);
    client_v4(&server).put_object_with("b", "k", "hello", &own).unwrap();
    signing_client(&server).put_object_with("b", "k", "hello", &own).unwrap();
    client_v4(&server).put_object("b", "k", "hello").unwrap();
    let [own, both, unsigned] = server.finish();
    for request in [&own, &both] {
        assert_eq!(request.header("x-amz-content-sha256"), Some(HELLO_SHA256));
        assert_signed_v4(request);
    }
    assert_eq!(unsigned.header("x-amz-content-sha256"), Some("UNSIGNED-PAYLOAD"));
}

#[test]
fn location_is_sent_to_a_server_that_requires_it() {
    let illegal = || Response::error(400, "IllegalLocationConstraintException");
    let server = FakeServer::start([illegal(), Response::new(200)]);
    client_v4(&server).create_bucket("b").unwrap();
    let [without, with] = server.finish();
    assert_eq!(without.text(), "");
    let location = format!("<LocationConstraint>{REGION}</LocationConstraint>");
    assert!(with.text().contains(&location), "{}", with.text());
    assert_signed_v4(&with);
    // Without a region, or with a location of the caller, the error is returned.
    let server = FakeServer::start([illegal(), illegal()]);
    let error = fails(ErrorKind::Server, client(&server).create_bucket("b"));
    assert!(error.hint().unwrap().starts_with("Set CreateBucketOptions::location_constraint"), "{error}");
    let own = CreateBucketOptions::new().location_constraint("elsewhere");
    let error = fails(ErrorKind::Server, client_v4(&server).create_bucket_with("b", &own));
    assert!(error.hint().unwrap().starts_with("Omit the location constraint"), "{error}");
    let _: [_; 2] = server.finish();
}

#[test]
fn ignored_condition_is_detected_and_the_probe_is_deleted() {
    for (second, supported) in [(Response::error(412, "PreconditionFailed"), true), (stored(), false)] {
        let server =
            FakeServer::start([Response::error(404, "NotFound"), stored(), second, Response::new(204)]);
        assert_eq!(client(&server).enforces_if_none_exists("b", "probe").unwrap(), supported);
        let [head, first, again, delete] = server.finish();
        assert_eq!(head.line(), "HEAD /b/probe HTTP/1.1");
        for request in [first, again] {
            assert_eq!(request.header("if-none-match"), Some("*"));
        }
        assert_eq!(delete.line(), "DELETE /b/probe HTTP/1.1");
    }
}

#[test]
fn existing_object_is_not_used_as_a_probe() {
    let server = FakeServer::start([stored()]);
    rejected(client(&server).enforces_if_none_exists("b", "k"), "exists already");
    let [head] = server.finish();
    assert_eq!(head.method(), "HEAD");
}
