//! Attempts whose answer is lost though the server did what was asked for, and the attempt after each.

use plain_s3::{Body, Client, CompletedPart, ErrorKind, PutObjectOptions};

use crate::clients::{client, config};
use crate::fake_server::{Answer, End, FakeServer};
use crate::signatures::md5_hex;
use crate::support::{content, fails};

const HELLO: &str = "Hello World!";

/// Answers after which nobody knows what became of the request.
fn lost() -> Vec<Answer> {
    vec![
        Answer::nothing(End::Fin),
        Answer::nothing(End::Rst),
        Answer::raw("HTTP/1.1 200 OK\r\ncontent-le"),
        Answer::new(502).body("<html><title>Bad Gateway</title></html>"),
        Answer::new(504),
        Answer::error(500, "InternalError"),
        Answer::xml("<Error><Code>InternalError</Code></Error>"),
        Answer::new(200).body("<html><title>Please log in</title></html>"),
    ]
}

/// Answers after which it is known that nothing was done.
fn refusals() -> Vec<Answer> {
    vec![
        Answer::error(503, "SlowDown"),
        Answer::error(429, "TooManyRequests"),
        Answer::error(400, "RequestTimeout"),
    ]
}

#[test]
fn a_bucket_that_is_gone_after_a_lost_answer_is_deleted() {
    for answer in lost() {
        // the attempt in between must not make it forgotten
        let server =
            FakeServer::start([answer, Answer::error(503, "SlowDown"), Answer::error(404, "NoSuchBucket")]);
        client(&server).delete_bucket("b").unwrap();
        let _: [_; 3] = server.finish();
    }
}

#[test]
fn a_bucket_that_is_ours_after_a_lost_answer_is_created() {
    for answer in lost() {
        let server = FakeServer::start([answer, Answer::error(409, "BucketAlreadyOwnedByYou")]);
        client(&server).create_bucket("b").unwrap();
        let _: [_; 2] = server.finish();
    }
    let server = FakeServer::start([Answer::nothing(End::Rst), Answer::error(409, "BucketAlreadyExists")]);
    let error = fails(ErrorKind::Server, client(&server).create_bucket("b"));
    assert!(error.is_bucket_already_exists(), "somebody else's: {error}");
}

#[test]
fn an_upload_that_is_gone_after_a_lost_answer_is_aborted() {
    for answer in lost() {
        let server = FakeServer::start([answer, Answer::error(404, "NoSuchUpload")]);
        client(&server).abort_multipart_upload("b", "k", "u").unwrap();
        let _: [_; 2] = server.finish();
    }
}

#[test]
fn without_a_lost_answer_refusals_are_told() {
    for first in refusals() {
        let server = FakeServer::start([
            first,
            Answer::error(404, "NoSuchBucket"),
            Answer::error(409, "BucketAlreadyOwnedByYou"),
            Answer::error(404, "NoSuchUpload"),
            Answer::error(412, "PreconditionFailed"),
        ]);
        let client = client(&server);
        assert!(fails(ErrorKind::Server, client.delete_bucket("b")).is_no_such_bucket());
        assert!(fails(ErrorKind::Server, client.create_bucket("b")).is_bucket_already_exists());
        assert!(fails(ErrorKind::Server, client.abort_multipart_upload("b", "k", "u")).is_not_found());
        let new = PutObjectOptions::new().if_none_exists();
        let error = fails(ErrorKind::Server, client.put_object_with("b", "k", HELLO, &new));
        assert!(error.is_precondition_failed() && error.hint().is_none(), "{error}");
        let _: [_; 5] = server.finish();
    }
    // another code, or an answer of another kind, is no success either
    for second in [Answer::error(404, "NoSuchKey"), Answer::error(403, "AccessDenied")] {
        let server = FakeServer::start([Answer::nothing(End::Rst), second]);
        fails(ErrorKind::Server, client(&server).delete_bucket("b"));
    }
}

#[test]
fn an_object_that_is_there_after_a_lost_answer_is_the_one_that_was_sent() {
    for (options, name) in [
        (PutObjectOptions::new().if_none_exists(), "if-none-match"),
        (PutObjectOptions::new().if_match("old"), "if-match"),
    ] {
        for answer in lost() {
            let server = FakeServer::start([
                answer,
                Answer::error(412, "PreconditionFailed"),
                Answer::stored(HELLO.as_bytes()).header("x-amz-version-id", "v1").content_length(12),
            ]);
            let stored = client(&server).put_object_with("b", "k", HELLO, &options).unwrap();
            assert_eq!(stored.e_tag.unwrap().as_str(), md5_hex(HELLO.as_bytes()));
            assert_eq!(stored.version_id.as_deref(), Some("v1"));
            let [_, _, look] = server.finish();
            assert_eq!((look.line(), look.header(name)), ("HEAD /b/k HTTP/1.1", None));
        }
    }
    // a body of which the refusal has let only a part be sent is compared as a whole
    let large = content(8 << 20);
    let there = Answer::stored(&large);
    let refusal = Answer::error(412, "PreconditionFailed").early().then(End::Fin);
    let server = FakeServer::start([Answer::nothing(End::Rst), refusal, there]);
    let new = PutObjectOptions::new().if_none_exists();
    client(&server).put_object_with("b", "k", Body::from(&large), &new).unwrap();
}

#[test]
fn an_object_that_cannot_be_compared_is_told_to_be_ours_perhaps() {
    let there = || Answer::stored(HELLO.as_bytes());
    let encrypted = || there().header("x-amz-server-side-encryption", "aws:kms");
    for (look, check) in [
        (Answer::stored(b"another's"), true),
        (Answer::new(200).header("etag", "\"e-2\""), true),
        (Answer::new(404), true),
        (encrypted(), true),
        (there(), false),
    ] {
        let script = [Answer::nothing(End::Rst), Answer::error(412, "PreconditionFailed")];
        let looks = check.then_some(look); // without a sum there is nothing to look for
        let server = FakeServer::start(script.into_iter().chain(looks));
        let config = config(&server);
        let config = if check { config } else { config.skip_md5_check() };
        let client = Client::new(config).unwrap();
        let new = PutObjectOptions::new().if_none_exists();
        let error = fails(ErrorKind::Server, client.put_object_with("b", "k", HELLO, &new));
        assert!(
            error.is_precondition_failed() && error.to_string().starts_with("PutObject b/k: 412"),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("it may be this call that has stored"), "{error}");
        server.finish_any();
    }
}

#[test]
fn a_completion_by_hand_that_may_have_been_done_is_told_to_be_ours_perhaps() {
    for (status, code) in [(404, "NoSuchUpload"), (412, "PreconditionFailed")] {
        for (first, perhaps) in [(Answer::nothing(End::Rst), true), (Answer::error(503, "SlowDown"), false)] {
            let server = FakeServer::start([first, Answer::error(status, code)]);
            let parts = [CompletedPart::new(1, "e")];
            let result = client(&server).complete_multipart_upload("b", "k", "u", &parts);
            let error = fails(ErrorKind::Server, result);
            assert_eq!(error.code(), Some(code));
            let told = error.hint().is_some_and(|hint| hint.contains("it may be this call that has stored"));
            assert_eq!(told, perhaps, "{error}");
            let _: [_; 2] = server.finish();
        }
    }
}
