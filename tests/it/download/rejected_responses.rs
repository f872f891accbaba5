//! Responses that a download must not accept as the object or as its remainder: it fails, and the target
//! stays unchanged.

use std::time::Duration;

use plain_s3::{Client, Error, ErrorKind, GetObjectOptions, RetryPolicy};

use crate::clients::{client, client_without_retries, config};
use crate::download_method::DownloadMethod;
use crate::fake_server::{End, FakeServer, Response};
use crate::signatures::md5_hex;
use crate::support::{content, fails};

const SIZE: usize = 50_000;
const CUT: usize = 20_000;

/// Returns the error of a download whose first response breaks off and whose request for the remainder gets
/// `remainder`. Runs with all methods.
#[track_caller]
fn rejected_remainder(
    kind: ErrorKind,
    remainder: impl Fn(&[u8]) -> Response + Clone + Send + 'static,
) -> Error {
    let errors = DownloadMethod::ALL.map(|method| {
        let (body, remainder) = (content(SIZE), remainder.clone());
        let server = FakeServer::serve(move |request| match request.header("range") {
            None => Response::content(&body).cut(CUT, End::Fin),
            Some(_) => remainder(&body),
        });
        fails(kind, method.download(&client(&server)))
    });
    let [error, ..] = errors;
    assert!(error.to_string().starts_with("GetObject b/k: "), "{error}");
    error
}

fn e_tag(body: &[u8]) -> String {
    format!("\"{}\"", md5_hex(body))
}

/// Returns a correct remainder, except for the headers that are passed.
fn remainder(body: &[u8], e_tag: &str, range: &str) -> Response {
    Response::new(206).header("etag", e_tag).header("content-range", range).body(&body[CUT..])
}

#[test]
fn correct_remainder_is_accepted() {
    // Shows that each rejection below is caused by the one thing that its test changes.
    for method in DownloadMethod::ALL {
        let body = content(SIZE);
        let server = FakeServer::start([
            Response::content(&body).cut(CUT, End::Fin),
            remainder(&body, &e_tag(&body), "bytes 20000-49999/50000"),
        ]);
        assert!(method.download(&client(&server)).unwrap() == body);
        server.finish_any();
    }
}

// promise: D4
#[test]
fn whole_object_instead_of_the_remainder_is_rejected() {
    let error = rejected_remainder(ErrorKind::UnexpectedResponse, |body| Response::content(body));
    assert!(
        error.to_string().contains(
            "the server sent the whole object instead of a range. The server does not support ranges"
        ),
        "{error}"
    );
}

// promise: D4
#[test]
fn wrong_content_range_is_rejected() {
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
        let error = rejected_remainder(ErrorKind::UnexpectedResponse, move |body| {
            remainder(body, &e_tag(body), range)
        });
        assert!(error.to_string().contains("Content-Range"), "{error}");
    }
    rejected_remainder(ErrorKind::UnexpectedResponse, |body| {
        Response::new(206).header("etag", &e_tag(body)).body(&body[CUT..])
    });
}

// promise: D4
#[test]
fn remainder_of_a_replaced_object_is_rejected() {
    let range = "bytes 20000-49999/50000";
    for error in [
        rejected_remainder(ErrorKind::Integrity, move |body| remainder(body, "\"another\"", range)),
        rejected_remainder(ErrorKind::Integrity, |_| Response::error(412, "PreconditionFailed")),
        // A server that omits the ETag of the remainder may have ignored If-Match as well.
        rejected_remainder(ErrorKind::Integrity, move |body| {
            Response::new(206).header("content-range", range).body(&body[CUT..])
        }),
    ] {
        assert!(error.to_string().contains("was replaced while it was read, after 20000 bytes"), "{error}");
    }
}

#[test]
fn server_error_for_the_remainder_is_returned() {
    for (status, code) in [(404, "NoSuchKey"), (403, "AccessDenied"), (416, "InvalidRange")] {
        let error = rejected_remainder(ErrorKind::Server, move |_| Response::error(status, code));
        assert_eq!((error.status(), error.code()), (Some(status), Some(code)));
    }
}

// promise: D4
#[test]
fn download_without_etag_is_not_resumed() {
    for method in DownloadMethod::ALL {
        let server = FakeServer::start([Response::new(200).body(content(SIZE)).cut(CUT, End::Fin)]);
        fails(ErrorKind::Network, method.download(&client(&server)));
        let _: [_; 1] = server.finish();
    }
}

/// Even if the server ignores `If-Match`, the bytes of two objects must not be mixed.
// promise: D4
#[test]
fn download_without_strong_etag_is_not_resumed() {
    for e_tag in ["\"\"", "", "W/\"a\"", "W/\"\"", "*", "\"*\"", "\"a\", \"b\""] {
        for method in DownloadMethod::ALL {
            let server = FakeServer::serve(move |request| match request.header("range") {
                None => Response::new(200).header("etag", e_tag).body(content(SIZE)).cut(CUT, End::Fin),
                Some(_) => Response::new(206)
                    .header("etag", e_tag)
                    .header("content-range", "bytes 20000-49999/50000")
                    .body(vec![b'x'; SIZE - CUT]),
            });
            let error = fails(ErrorKind::Network, method.download(&client(&server)));
            assert!(error.to_string().contains("no strong ETag"), "{e_tag}: {error}");
            assert_eq!(server.requests().len(), 1, "{e_tag}");
        }
    }
}

#[test]
fn download_without_retries_is_not_resumed() {
    for method in DownloadMethod::ALL {
        let server = FakeServer::start([Response::content(content(SIZE)).cut(CUT, End::Fin)]);
        let client = Client::new(config(&server).retry(RetryPolicy::none())).unwrap();
        fails(ErrorKind::Network, method.download(&client));
        let _: [_; 1] = server.finish();
    }
}

// promise: D6
#[test]
fn body_without_content_length_is_accepted_only_if_its_end_is_certain() {
    let body = || content(SIZE);
    for method in DownloadMethod::ALL {
        // the last chunk, or the MD5, shows that the content is complete
        for response in [
            || Response::stored(&content(SIZE)).body(content(SIZE)).chunked(4096),
            || Response::new(200).header("etag", "\"e-2\"").body(content(SIZE)).chunked(4096),
            || Response::stored(&content(SIZE)).body(content(SIZE)).until_close(),
        ] {
            let server = FakeServer::serve(move |_| response());
            assert!(method.download(&client(&server)).unwrap() == body());
        }
        for (response, kind) in [
            // nothing shows whether bytes are missing
            (
                Response::new(200).header("etag", "\"e-2\"").body(body()).until_close(),
                ErrorKind::UnexpectedResponse,
            ),
            (Response::stored(&body()).body(&body()[..CUT]).until_close(), ErrorKind::Integrity),
            (Response::stored(&body()).body(body()).chunked(4096).cut(CUT, End::Fin), ErrorKind::Network),
        ] {
            let server = FakeServer::start([response]);
            fails(kind, method.download(&client_without_retries(&server)));
        }
    }
}

// promise: D1
#[test]
fn wrong_content_length_is_detected() {
    for method in DownloadMethod::ALL {
        // Longer than the content: the remainder does not exist.
        let server = FakeServer::serve(|request| match request.header("range") {
            None => Response::content(content(SIZE)).content_length(60_000).then(End::Fin),
            Some(_) => Response::error(416, "InvalidRange"),
        });
        assert!(fails(ErrorKind::Server, method.download(&client(&server))).is_invalid_range());
        // Shorter than the content.
        let server = FakeServer::serve(|_| Response::content(content(SIZE)).content_length(40_000));
        fails(ErrorKind::Integrity, method.download(&client(&server)));
        // So long that the client must not allocate it.
        let server = FakeServer::serve(|request| match request.header("range") {
            None => Response::content("short").content_length(u64::MAX / 2).then(End::Fin),
            Some(_) => Response::error(416, "InvalidRange"),
        });
        assert!(fails(ErrorKind::Server, method.download(&client(&server))).is_invalid_range());
    }
}

// promise: D1
#[test]
fn wrong_byte_is_detected_anywhere() {
    for offset in [0, 1, SIZE / 2, SIZE - 1] {
        for method in DownloadMethod::ALL {
            let body = content(SIZE);
            let mut wrong = body.clone();
            wrong[offset] ^= 1;
            let damaged = || Response::stored(&body).body(&wrong);
            let server = FakeServer::start([damaged(), damaged()]);
            fails(ErrorKind::Integrity, method.download(&client(&server)));
            // The check can be disabled for servers whose ETags only look like MD5s.
            let server = FakeServer::start([Response::stored(&body).body(&wrong)]);
            let unchecked = Client::new(config(&server).skip_checksums()).unwrap();
            assert!(method.download(&unchecked).unwrap() == wrong);
        }
    }
}

#[test]
fn wrong_byte_in_the_remainder_is_detected() {
    let error = rejected_remainder(ErrorKind::Integrity, |body| {
        let mut wrong = body.to_vec();
        wrong[CUT + 5] ^= 1;
        remainder(&wrong, &e_tag(body), "bytes 20000-49999/50000")
    });
    assert!(error.to_string().contains("the content has the MD5"), "{error}");
}

// promise: D2
#[test]
fn encrypted_object_is_not_compared_with_its_etag() {
    for method in DownloadMethod::ALL {
        for (name, value) in [
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ] {
            let server =
                FakeServer::start([Response::stored(b"encrypted").body("plain").header(name, value)]);
            assert_eq!(method.download(&client(&server)).unwrap(), b"plain");
        }
    }
}

// promise: D2
#[test]
fn range_is_not_compared_with_the_etag() {
    for method in DownloadMethod::ALL {
        let server = FakeServer::serve(|request| Response::object(request, b"Hello World!"));
        let range = GetObjectOptions::new().range(6..11);
        assert_eq!(method.download_with(&client(&server), &range).unwrap(), b"World");
    }
}

#[test]
fn endless_stall_times_out() {
    for method in DownloadMethod::ALL {
        for cut in [0, CUT] {
            let body = content(SIZE);
            let server = FakeServer::serve(move |request| match request.header("range") {
                None => Response::content(&body).cut(cut, End::Stall),
                Some(_) => Response::none(End::Stall),
            });
            let retry = RetryPolicy::new().max_attempts(2).base_delay(Duration::ZERO);
            let config = config(&server).retry(retry).idle_timeout(Duration::from_millis(100));
            let error = fails(ErrorKind::Timeout, method.download(&Client::new(config).unwrap()));
            assert!(
                error
                    .to_string()
                    .contains(" sent no data for 100ms. Try again later, or increase Config::idle_timeout"),
                "{error}"
            );
        }
    }
}

#[test]
fn short_range_is_rejected() {
    for (range, content_range) in [((0, Some(50)), "bytes 0-4/100"), ((10, None), "bytes 10-14/100")] {
        let response =
            Response::new(206).header("etag", "\"e-2\"").header("content-range", content_range).body("hello");
        let server = FakeServer::start([response]);
        let options = match range {
            (start, Some(end)) => GetObjectOptions::new().range(start..end),
            (start, None) => GetObjectOptions::new().range(start..),
        };
        let error = fails(ErrorKind::UnexpectedResponse, client(&server).get_object_with("b", "k", &options));
        assert!(error.to_string().contains(content_range), "{error}");
    }
}

#[test]
fn part_without_content_range_is_rejected() {
    // After a break, the client would request the remainder from the wrong offset.
    let response = Response::new(206).header("etag", "\"e-2\"").body("abcdefghij");
    let server = FakeServer::start([response]);
    let options = GetObjectOptions::new().part_number(2);
    let error = fails(ErrorKind::UnexpectedResponse, client(&server).get_object_with("b", "k", &options));
    assert!(error.to_string().contains("Content-Range is missing"), "{error}");
}

#[test]
fn reading_after_an_integrity_error_fails_again() {
    let server = FakeServer::start([Response::stored(b"abc").body("abd")]);
    let mut object = client(&server).get_object("b", "k").unwrap();
    for _ in 0..2 {
        let error = std::io::Read::read(&mut object, &mut [0; 10]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    }
}

#[test]
fn range_is_judged_by_what_was_received() {
    // rclone sends the status 200 with a correct range
    let range = |status, range: Option<&str>, body: &'static str| {
        let response = Response::new(status).header("etag", "\"e-2\"").body(body);
        range.map_or(Response::new(status).header("etag", "\"e-2\"").body(body), |range| {
            response.header("content-range", range)
        })
    };
    for (response, options, expected) in [
        (range(200, Some("bytes 2-4/10"), "cde"), GetObjectOptions::new().range(2..5), Some("cde")),
        (
            range(206, Some("bytes 2-4/10"), "cde").chunked(2),
            GetObjectOptions::new().range(2..5),
            Some("cde"),
        ),
        (range(200, None, "abc"), GetObjectOptions::new().range(0..), Some("abc")),
        (range(200, None, "abc"), GetObjectOptions::new().range(0..9), Some("abc")),
        (range(200, None, "abc"), GetObjectOptions::new().range(0..2), None),
        (range(200, Some("bytes 0-4/10"), "abcde"), GetObjectOptions::new().range(2..5), None),
        (range(200, Some("bytes 5-9/10"), "fghij"), GetObjectOptions::new().part_number(2), Some("fghij")),
        (
            range(200, None, "fghij").header("x-amz-mp-parts-count", "2"),
            GetObjectOptions::new().part_number(2),
            Some("fghij"),
        ),
        (range(200, None, "abcdefghij"), GetObjectOptions::new().part_number(2), None),
    ] {
        let server = FakeServer::start([response]);
        let result = client(&server).get_object_with("b", "k", &options).and_then(|object| object.text());
        match expected {
            Some(expected) => assert_eq!(result.unwrap(), expected, "{options:?}"),
            None => drop(fails(ErrorKind::UnexpectedResponse, result)),
        }
    }
}
