//! What a download must not take for the object, or for the rest of it: an error, and the target untouched.

use std::time::Duration;

use plain_s3::{Client, Error, ErrorKind, GetObjectOptions, RetryPolicy};

use crate::clients::{client, config};
use crate::fake_server::{Answer, End, FakeServer};
use crate::signatures::md5_hex;
use crate::support::{content, fails};
use crate::way::Way;

const SIZE: usize = 50_000;
const CUT: usize = 20_000;

/// The error of a download whose first answer breaks off, and that gets this answer for the rest, in both
/// ways.
#[track_caller]
fn refused_rest(kind: ErrorKind, rest: impl Fn(&[u8]) -> Answer + Clone + Send + 'static) -> Error {
    let errors = Way::BOTH.map(|way| {
        let (body, rest) = (content(SIZE), rest.clone());
        let server = FakeServer::serve(move |request| match request.header("range") {
            None => Answer::content(&body).cut(CUT, End::Fin),
            Some(_) => rest(&body),
        });
        fails(kind, way.get(&client(&server)))
    });
    let [error, _] = errors;
    assert!(error.to_string().starts_with("GetObject b/k: "), "{error}");
    error
}

fn e_tag(body: &[u8]) -> String {
    format!("\"{}\"", md5_hex(body))
}

/// The rest as it should come, but for the headers that are given.
fn rest(body: &[u8], e_tag: &str, range: &str) -> Answer {
    Answer::new(206).header("etag", e_tag).header("content-range", range).body(&body[CUT..])
}

#[test]
fn the_rest_as_it_should_come_is_taken() {
    // so that each refusal below is for the one thing that it changes
    for way in Way::BOTH {
        let body = content(SIZE);
        let server = FakeServer::start([
            Answer::content(&body).cut(CUT, End::Fin),
            rest(&body, &e_tag(&body), "bytes 20000-49999/50000"),
        ]);
        assert!(way.get(&client(&server)).unwrap() == body);
        server.finish_any();
    }
}

#[test]
fn the_whole_in_place_of_the_rest_is_refused() {
    let error = refused_rest(ErrorKind::UnexpectedResponse, |body| Answer::content(body));
    assert!(error.to_string().contains("the whole object where a range was asked for"), "{error}");
}

#[test]
fn another_range_than_the_rest_is_refused() {
    for range in [
        "bytes 0-29999/50000",
        "bytes 19999-49998/50000",
        "bytes 20001-50000/50001",
        "bytes 20000-49998/50000",
        "bytes 20000-19999/50000",
        "bytes 20000-18446744073709551615/*",
        "bytes */50000",
        "20000-49999",
        "nonsense",
        "",
    ] {
        let error = refused_rest(ErrorKind::UnexpectedResponse, move |body| rest(body, &e_tag(body), range));
        assert!(error.to_string().contains("Content-Range"), "{error}");
    }
    refused_rest(ErrorKind::UnexpectedResponse, |body| {
        Answer::new(206).header("etag", &e_tag(body)).body(&body[CUT..])
    });
}

#[test]
fn the_rest_of_another_object_is_never_mixed_in() {
    let range = "bytes 20000-49999/50000";
    for error in [
        refused_rest(ErrorKind::Integrity, move |body| rest(body, "\"another\"", range)),
        refused_rest(ErrorKind::Integrity, |_| Answer::error(412, "PreconditionFailed")),
        // a server that says nothing of the rest's ETag may not have looked at If-Match either
        refused_rest(ErrorKind::Integrity, move |body| {
            Answer::new(206).header("content-range", range).body(&body[CUT..])
        }),
    ] {
        assert!(error.to_string().contains("was replaced while it was read, after 20000 bytes"), "{error}");
    }
}

#[test]
fn a_refusal_of_the_rest_is_the_error() {
    for (status, code) in [(404, "NoSuchKey"), (403, "AccessDenied"), (416, "InvalidRange")] {
        let error = refused_rest(ErrorKind::Server, move |_| Answer::error(status, code));
        assert_eq!((error.status(), error.code()), (Some(status), Some(code)));
    }
}

#[test]
fn without_an_etag_nothing_is_resumed() {
    for way in Way::BOTH {
        let server = FakeServer::start([Answer::new(200).body(content(SIZE)).cut(CUT, End::Fin)]);
        fails(ErrorKind::Network, way.get(&client(&server)));
        let _: [_; 1] = server.finish();
    }
}

#[test]
fn without_retries_nothing_is_resumed() {
    for way in Way::BOTH {
        let server = FakeServer::start([Answer::content(content(SIZE)).cut(CUT, End::Fin)]);
        let client = Client::new(config(&server).retry(RetryPolicy::none())).unwrap();
        fails(ErrorKind::Network, way.get(&client));
        let _: [_; 1] = server.finish();
    }
}

#[test]
fn a_body_whose_length_nobody_announced_is_refused() {
    for way in Way::BOTH {
        for answer in [
            || Answer::stored(&content(SIZE)).body(content(SIZE)).chunked(4096),
            || Answer::stored(&content(SIZE)).body(content(SIZE)).until_close(),
        ] {
            let server = FakeServer::serve(move |_| answer());
            let error = fails(ErrorKind::UnexpectedResponse, way.get(&client(&server)));
            assert!(error.to_string().contains("no Content-Length"), "{error}");
        }
    }
}

#[test]
fn a_length_that_lies_is_found_out() {
    for way in Way::BOTH {
        // more than there is: the rest does not exist
        let server = FakeServer::serve(|request| match request.header("range") {
            None => Answer::content(content(SIZE)).content_length(60_000).then(End::Fin),
            Some(_) => Answer::error(416, "InvalidRange"),
        });
        assert!(fails(ErrorKind::Server, way.get(&client(&server))).is_invalid_range());
        // less than there is
        let server = FakeServer::serve(|_| Answer::content(content(SIZE)).content_length(40_000));
        fails(ErrorKind::Integrity, way.get(&client(&server)));
        // so much that nothing may be set aside for it
        let server = FakeServer::serve(|request| match request.header("range") {
            None => Answer::content("short").content_length(u64::MAX / 2).then(End::Fin),
            Some(_) => Answer::error(416, "InvalidRange"),
        });
        assert!(fails(ErrorKind::Server, way.get(&client(&server))).is_invalid_range());
    }
}

#[test]
fn one_wrong_byte_anywhere_is_found() {
    for place in [0, 1, SIZE / 2, SIZE - 1] {
        for way in Way::BOTH {
            let body = content(SIZE);
            let mut wrong = body.clone();
            wrong[place] ^= 1;
            let server = FakeServer::start([Answer::stored(&body).body(&wrong)]);
            fails(ErrorKind::Integrity, way.get(&client(&server)));
            // the check can be turned off, where a server's ETags only look like MD5s
            let server = FakeServer::start([Answer::stored(&body).body(&wrong)]);
            let unchecked = Client::new(config(&server).skip_md5_check()).unwrap();
            assert!(way.get(&unchecked).unwrap() == wrong);
        }
    }
}

#[test]
fn a_wrong_byte_in_the_rest_is_found_too() {
    let error = refused_rest(ErrorKind::Integrity, |body| {
        let mut wrong = body.to_vec();
        wrong[CUT + 5] ^= 1;
        rest(&wrong, &e_tag(body), "bytes 20000-49999/50000")
    });
    assert!(error.to_string().contains("the content has the MD5"), "{error}");
}

#[test]
fn an_encrypted_object_is_not_compared_with_its_etag() {
    for way in Way::BOTH {
        for (name, value) in [
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ] {
            let server = FakeServer::start([Answer::stored(b"encrypted").body("plain").header(name, value)]);
            assert_eq!(way.get(&client(&server)).unwrap(), b"plain");
        }
    }
}

#[test]
fn a_range_is_not_compared_with_the_etag_of_the_whole() {
    for way in Way::BOTH {
        let server = FakeServer::serve(|request| Answer::object(request, b"Hello World!"));
        let range = GetObjectOptions::new().range(6..11);
        assert_eq!(way.get_with(&client(&server), &range).unwrap(), b"World");
    }
}

#[test]
fn a_stall_that_never_ends_is_a_timeout() {
    for way in Way::BOTH {
        for cut in [0, CUT] {
            let body = content(SIZE);
            let server = FakeServer::serve(move |request| match request.header("range") {
                None => Answer::content(&body).cut(cut, End::Stall),
                Some(_) => Answer::nothing(End::Stall),
            });
            let retry = RetryPolicy::new().max_attempts(2).base_delay(Duration::ZERO);
            let config = config(&server).retry(retry).idle_timeout(Duration::from_millis(100));
            let error = fails(ErrorKind::Timeout, way.get(&Client::new(config).unwrap()));
            assert!(error.to_string().contains("sent no data for 100ms"), "{error}");
        }
    }
}

#[test]
fn a_range_that_ends_too_early_is_refused() {
    for (range, place) in [((0, Some(50)), "bytes 0-4/100"), ((10, None), "bytes 10-14/100")] {
        let answer = Answer::new(206).header("etag", "\"e-2\"").header("content-range", place).body("hello");
        let server = FakeServer::start([answer]);
        let options = match range {
            (start, Some(end)) => GetObjectOptions::new().range(start..end),
            (start, None) => GetObjectOptions::new().range(start..),
        };
        let error = fails(ErrorKind::UnexpectedResponse, client(&server).get_object_with("b", "k", &options));
        assert!(error.to_string().contains(place), "{error}");
    }
}

#[test]
fn a_part_that_does_not_say_where_it_is_is_refused() {
    // after a break, the rest would be asked for from the wrong place
    let answer = Answer::new(206).header("etag", "\"e-2\"").body("abcdefghij");
    let server = FakeServer::start([answer]);
    let options = GetObjectOptions::new().part_number(2);
    let error = fails(ErrorKind::UnexpectedResponse, client(&server).get_object_with("b", "k", &options));
    assert!(error.to_string().contains("Content-Range is missing"), "{error}");
}

#[test]
fn reading_on_after_a_wrong_content_is_no_end_of_it() {
    let server = FakeServer::start([Answer::stored(b"abc").body("abd")]);
    let mut object = client(&server).get_object("b", "k").unwrap();
    for _ in 0..2 {
        let error = std::io::Read::read(&mut object, &mut [0; 10]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    }
}
