//! Downloads over faulty connections: resumed at the exact byte, by `get_object` and `download_file` alike.

use std::io::Read as _;
use std::time::Duration;

use plain_s3::{Client, GetObjectOptions, RetryPolicy, Verification};

use crate::clients::config;
use crate::download_method::DownloadMethod;
use crate::fake_server::{End, FakeServer, Request, Response, Store};
use crate::signatures::md5_hex;
use crate::support::{Random, content};

const SIZE: usize = 100_000;
const IDLE: Duration = Duration::from_millis(250);

/// Downloads the object with all methods from a server whose first response is `first`. Returns the requests
/// of the last download.
#[track_caller]
fn download_after(first: impl Fn(&[u8]) -> Response) -> Vec<Request> {
    let body = content(SIZE);
    let mut requests = Vec::new();
    for method in DownloadMethod::ALL {
        let store = Store::default();
        store.put("/b/k", &body);
        let mut first = Some(first(&body));
        let server = store.serve(move |_| first.take());
        let got = method.download(&client_with_idle_timeout(&server));
        assert!(got.unwrap() == body, "{method:?} returned other content");
        requests = server.requests();
    }
    requests
}

/// Returns a client with a short idle timeout.
fn client_with_idle_timeout(server: &FakeServer) -> Client {
    Client::new(config(server).idle_timeout(IDLE)).unwrap()
}

// promise: D3
#[test]
fn broken_download_resumes_at_the_byte_reached() {
    for end in [End::Fin, End::Rst, End::Stall] {
        let requests = download_after(|body| Response::content(body).cut(43_210, end));
        assert_eq!(requests.len(), 2, "{end:?}");
        assert_eq!(requests[0].header("range"), None);
        assert_resumed_at(&requests[1], 43_210, end);
        // A reset may drop the head of the response, and with it the ETag.
        if end != End::Rst {
            assert_eq!(requests[1].header("if-match").unwrap(), format!("\"{}\"", md5_hex(&content(SIZE))));
        }
    }
}

/// Asserts that the request asks for the remainder from `offset`. After a reset it may start earlier, because
/// a reset also drops bytes that were still in transit.
#[track_caller]
fn assert_resumed_at(request: &Request, offset: usize, end: End) {
    let first =
        request.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix("-99999"));
    match first {
        Some(first) => {
            let first: usize = first.parse().unwrap();
            assert!(
                first == offset || end == End::Rst && first < offset,
                "resumed at {first} after a break at {offset}"
            );
        }
        // If the head was lost with the whole body, the original request is repeated.
        None => assert!(end == End::Rst && request.header("range").is_none(), "{}", request.head),
    }
}

// promise: D3
#[test]
fn break_at_any_offset_is_resumed() {
    let mut random = Random::printed();
    for i in 0..200 {
        // Includes the edges.
        let offset = match i {
            0 => 0,
            1 => 1,
            2 => SIZE - 1,
            _ => random.below(SIZE as u64) as usize,
        };
        let end = if random.below(2) == 0 { End::Fin } else { End::Rst };
        let requests = download_after(|body| Response::content(body).cut(offset, end));
        assert_eq!(requests.len(), 2);
        assert_resumed_at(&requests[1], offset, end);
    }
}

// promise: D5
#[test]
fn progress_resets_the_attempt_count() {
    let body = content(SIZE);
    let store = Store::default();
    store.put("/b/k", &body);
    for method in DownloadMethod::ALL {
        let inner = store.clone();
        let server = store.serve(move |request| Some(inner.respond(request).cut(3_333, End::Fin)));
        let client = Client::new(config(&server).retry(attempts(2))).unwrap();
        assert!(method.download(&client).unwrap() == body);
        assert_eq!(server.requests().len(), 31);
    }
}

// promise: D5
#[test]
fn breaks_without_progress_exhaust_the_attempts() {
    for method in DownloadMethod::ALL {
        let server = FakeServer::serve(|request| {
            Response::object(request, &content(SIZE))
                .cut(if request.header("range").is_some() { 0 } else { 7 }, End::Fin)
        });
        let client = Client::new(config(&server).retry(attempts(4))).unwrap();
        let error = method.download(&client).unwrap_err();
        assert!(error.is_retryable() && error.to_string().contains("GetObject"), "{error}");
        assert_eq!(server.requests().len(), 4);
    }
}

fn attempts(max: u32) -> RetryPolicy {
    RetryPolicy::new().max_attempts(max).base_delay(Duration::ZERO)
}

// promise: R1
#[test]
fn transient_errors_while_resuming_are_retried() {
    let body = content(SIZE);
    for method in DownloadMethod::ALL {
        let slow = || Response::error(503, "SlowDown").header("retry-after", "0");
        let rest = body.clone();
        let server = FakeServer::start([
            slow(),
            Response::none(End::Rst),
            slow(),
            Response::content(&body).cut(1000, End::Rst),
            slow(),
            Response::on_accept(End::Fin),
            slow(),
            Response::from_fn(move |request| Response::object(request, &rest)),
        ]);
        assert!(method.download(&client_with_idle_timeout(&server)).unwrap() == body);
        server.finish_any();
    }
}

#[test]
fn connections_closed_on_accept_are_retried() {
    let body = content(SIZE);
    for method in DownloadMethod::ALL {
        let close = || Response::on_accept(End::Rst);
        let server = FakeServer::start([close(), close(), close(), Response::content(&body)]);
        assert!(method.download(&client_with_idle_timeout(&server)).unwrap() == body);
        let _: [_; 1] = server.finish();
    }
}

// promise: T1
#[test]
fn slow_body_is_read_and_stalled_body_is_resumed() {
    // One byte at a time takes longer in total than the idle timeout.
    let body = content(40);
    for method in DownloadMethod::ALL {
        let drip = |body: &[u8]| Response::content(body).drip(1, IDLE / 25);
        let rest = body.clone();
        let server = FakeServer::start([
            drip(&body),
            drip(&body).cut(20, End::Stall),
            Response::from_fn(move |request| Response::object(request, &rest)),
        ]);
        for _ in 0..2 {
            assert_eq!(method.download(&client_with_idle_timeout(&server)).unwrap(), body);
        }
        let [_, _, resumed] = server.finish();
        assert_eq!(resumed.header("range"), Some("bytes=20-39"));
    }
}

#[test]
fn slow_head_is_read_and_stalled_head_is_retried() {
    let requests = download_after(|body| Response::content(body).trickle_head());
    assert_eq!(requests.len(), 1);
    let requests = download_after(|_| Response::raw("HTTP/1.1 200 OK\r\ncontent-le").then(End::Stall));
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].header("range"), None);
}

#[test]
fn non_http_response_is_retried() {
    let requests = download_after(|_| Response::raw(b"\x16\x03\x01\xff\n\x07"));
    assert_eq!(requests.len(), 2);
}

#[test]
fn bytes_after_the_body_are_discarded() {
    let requests = download_after(|body| Response::content(body).garbage(&[0xff; 5000]));
    assert_eq!(requests.len(), 1);
}

// promise: D3
#[test]
fn range_is_resumed_within_its_bounds() {
    let body = content(SIZE);
    for method in DownloadMethod::ALL {
        for (range, expected, rest) in [
            (GetObjectOptions::new().range(1000..5000), &body[1000..5000], "bytes=1100-4999"),
            (GetObjectOptions::new().range(99_000..), &body[99_000..], "bytes=99100-99999"),
            // Ends beyond the object.
            (GetObjectOptions::new().range(99_000..900_000), &body[99_000..], "bytes=99100-99999"),
        ] {
            let store = Store::default();
            store.put("/b/k", &body);
            let (inner, mut first) = (store.clone(), true);
            let server = store.serve(move |request| {
                std::mem::take(&mut first).then(|| inner.respond(request).cut(100, End::Rst))
            });
            assert!(method.download_with(&client_with_idle_timeout(&server), &range).unwrap() == expected);
            assert_eq!(server.requests()[1].header("range"), Some(rest));
        }
    }
}

// promise: D3
#[test]
fn part_is_resumed_as_a_range() {
    let body = content(SIZE);
    let e_tag = format!("\"{}-3\"", md5_hex(b"parts"));
    let part = |range: &str, bytes: &[u8]| {
        Response::new(206).header("etag", &e_tag).header("content-range", range).body(bytes)
    };
    for method in DownloadMethod::ALL {
        let server = FakeServer::start([
            part("bytes 30000-59999/100000", &body[30_000..60_000]).cut(5, End::Fin),
            part("bytes 30005-59999/100000", &body[30_005..60_000]),
        ]);
        let got = method.download_with(
            &client_with_idle_timeout(&server),
            &GetObjectOptions::new().part_number(2).version_id("v"),
        );
        assert!(got.unwrap() == body[30_000..60_000]);
        let [first, rest] = server.finish();
        assert_eq!(first.target(), "/b/k?partNumber=2&versionId=v");
        assert_eq!((rest.target(), rest.header("range")), ("/b/k?versionId=v", Some("bytes=30005-59999")));
    }
}

// promise: D2
#[test]
fn multipart_object_is_resumed_and_verified_by_length() {
    let body = content(SIZE);
    let whole = body.clone();
    let mut first = true;
    let server = FakeServer::serve(move |request| {
        let response = Response::object_with(request, &whole, "0123-7");
        if std::mem::take(&mut first) { response.cut(77, End::Rst) } else { response }
    });
    let mut object = client_with_idle_timeout(&server).get_object("b", "k").unwrap();
    assert_eq!(object.verification(), Verification::Length);
    let mut got = Vec::new();
    object.read_to_end(&mut got).unwrap();
    assert!(got == body);
    assert_eq!(server.requests().len(), 2);
}
