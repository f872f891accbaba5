//! Attempts whose response is lost although the server has handled the request, and the attempts after them.

use plain_s3::{Body, Client, CompletedPart, ErrorKind, PutObjectOptions};

use crate::clients::{client, config};
use crate::fake_server::{End, FakeServer, Response};
use crate::signatures::md5_hex;
use crate::support::{content, fails};

const HELLO: &str = "Hello World!";

/// Responses after which the outcome of the request is unknown.
fn lost_responses() -> Vec<Response> {
    vec![
        Response::none(End::Fin),
        Response::none(End::Rst),
        Response::raw("HTTP/1.1 200 OK\r\ncontent-le"),
        Response::new(502).body("<html><title>Bad Gateway</title></html>"),
        Response::new(504),
        Response::error(500, "InternalError"),
        Response::xml("<Error><Code>InternalError</Code></Error>"),
        Response::new(200).body("<html><title>Please log in</title></html>"),
    ]
}

/// Responses after which it is known that the request was not handled.
fn transient_errors() -> Vec<Response> {
    vec![
        Response::error(503, "SlowDown"),
        Response::error(429, "TooManyRequests"),
        Response::error(400, "RequestTimeout"),
    ]
}

// promise: R3
#[test]
fn missing_bucket_after_lost_response_is_deleted() {
    for response in lost_responses() {
        // The attempt in between must not reset the unknown outcome.
        let server = FakeServer::start([
            response,
            Response::error(503, "SlowDown"),
            Response::error(404, "NoSuchBucket"),
        ]);
        client(&server).delete_bucket("b").unwrap();
        let _: [_; 3] = server.finish();
    }
}

// promise: R3
#[test]
fn owned_bucket_after_lost_response_is_created() {
    for response in lost_responses() {
        let server = FakeServer::start([response, Response::error(409, "BucketAlreadyOwnedByYou")]);
        client(&server).create_bucket("b").unwrap();
        let _: [_; 2] = server.finish();
    }
    let server = FakeServer::start([Response::none(End::Rst), Response::error(409, "BucketAlreadyExists")]);
    let error = fails(ErrorKind::Server, client(&server).create_bucket("b"));
    assert!(error.is_bucket_already_exists(), "another owner has the bucket: {error}");
}

// promise: R3
#[test]
fn missing_upload_after_lost_response_is_aborted() {
    for response in lost_responses() {
        let server = FakeServer::start([response, Response::error(404, "NoSuchUpload")]);
        client(&server).abort_multipart_upload("b", "k", "u").unwrap();
        let _: [_; 2] = server.finish();
    }
}

// promise: R3
#[test]
fn errors_without_lost_response_are_returned() {
    for first in transient_errors() {
        let server = FakeServer::start([
            first,
            Response::error(404, "NoSuchBucket"),
            Response::error(409, "BucketAlreadyOwnedByYou"),
            Response::error(404, "NoSuchUpload"),
            Response::error(412, "PreconditionFailed"),
        ]);
        let client = client(&server);
        assert!(fails(ErrorKind::Server, client.delete_bucket("b")).is_no_such_bucket());
        assert!(fails(ErrorKind::Server, client.create_bucket("b")).is_bucket_already_exists());
        assert!(fails(ErrorKind::Server, client.abort_multipart_upload("b", "k", "u")).is_not_found());
        let new = PutObjectOptions::new().if_none_exists();
        let error = fails(ErrorKind::Server, client.put_object_with("b", "k", HELLO, &new));
        assert!(error.is_precondition_failed(), "{error}");
        assert!(error.hint().unwrap().starts_with("An object with this key exists already: "), "{error}");
        let _: [_; 5] = server.finish();
    }
    // Another error is not a success either.
    for second in [Response::error(404, "NoSuchKey"), Response::error(403, "AccessDenied")] {
        let server = FakeServer::start([Response::none(End::Rst), second]);
        fails(ErrorKind::Server, client(&server).delete_bucket("b"));
    }
}

// promise: U7
#[test]
fn identical_object_after_lost_response_is_stored() {
    for (options, name) in [
        (PutObjectOptions::new().if_none_exists(), "if-none-match"),
        (PutObjectOptions::new().if_match("old"), "if-match"),
    ] {
        for response in lost_responses() {
            let server = FakeServer::start([
                response,
                Response::error(412, "PreconditionFailed"),
                Response::stored(HELLO.as_bytes()).header("x-amz-version-id", "v1").content_length(12),
            ]);
            let stored = client(&server).put_object_with("b", "k", HELLO, &options).unwrap();
            assert_eq!(stored.e_tag.unwrap().as_str(), md5_hex(HELLO.as_bytes()));
            assert_eq!(stored.version_id.as_deref(), Some("v1"));
            let [_, _, head] = server.finish();
            assert_eq!((head.line(), head.header(name)), ("HEAD /b/k HTTP/1.1", None));
        }
    }
    // A body of which only a part was sent before the rejection is still compared as a whole.
    let large = content(8 << 20);
    let existing = Response::stored(&large);
    let rejection = Response::error(412, "PreconditionFailed").early().then(End::Fin);
    let server = FakeServer::start([Response::none(End::Rst), rejection, existing]);
    let new = PutObjectOptions::new().if_none_exists();
    client(&server).put_object_with("b", "k", Body::from(&large), &new).unwrap();
}

// promise: U7
#[test]
fn unverifiable_object_after_lost_response_has_a_hint() {
    let existing = || Response::stored(HELLO.as_bytes());
    let encrypted = || existing().header("x-amz-server-side-encryption", "aws:kms");
    for (head, check) in [
        (Response::stored(b"another's"), true),
        (Response::new(200).header("etag", "\"e-2\""), true),
        (Response::new(404), true),
        (encrypted(), true),
        (existing(), false),
    ] {
        let script = [Response::none(End::Rst), Response::error(412, "PreconditionFailed")];
        let head = check.then_some(head); // Without an MD5 there is nothing to compare.
        let server = FakeServer::start(script.into_iter().chain(head));
        let config = config(&server);
        let client = Client::new(if check { config } else { config.skip_checksums() }).unwrap();
        let new = PutObjectOptions::new().if_none_exists();
        let error = fails(ErrorKind::Server, client.put_object_with("b", "k", HELLO, &new));
        assert!(
            error.is_precondition_failed() && error.to_string().starts_with("PutObject b/k: 412"),
            "{error}"
        );
        assert!(
            error
                .hint()
                .unwrap()
                .contains("this call may have stored the object itself: check it with head_object."),
            "{error}"
        );
        server.finish_any();
    }
}

#[test]
fn completion_with_unknown_outcome_has_a_hint() {
    for (status, code) in [(404, "NoSuchUpload"), (412, "PreconditionFailed")] {
        for (first, unknown) in [(Response::none(End::Rst), true), (Response::error(503, "SlowDown"), false)]
        {
            let server = FakeServer::start([first, Response::error(status, code)]);
            let parts = [CompletedPart::new(1, "e")];
            let result = client(&server).complete_multipart_upload("b", "k", "u", &parts);
            let error = fails(ErrorKind::Server, result);
            assert_eq!(error.code(), Some(code));
            let has_hint = error.hint().is_some_and(|hint| {
                hint.contains("this call may have stored the object itself: check it with head_object.")
            });
            assert_eq!(has_hint, unknown, "{error}");
            let _: [_; 2] = server.finish();
        }
    }
}
