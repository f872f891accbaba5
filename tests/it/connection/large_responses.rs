//! Large responses: where a body ends, and whether its connection is reused.

use std::io::Read as _;
use std::time::Duration;

use plain_s3::{Client, ErrorKind, Method, RawRequest, Result, RetryPolicy};

use crate::clients::{client, client_without_retries, config};
use crate::download_method::{DownloadMethod, random_sizes, read_in_chunks};
use crate::fake_server::{End, FakeServer, HELLO, Response, Store, get_small};
use crate::signatures::md5_hex;
use crate::support::{content, fails};

/// Large enough that the body is read past ureq, and not a multiple of any buffer size.
const SIZE: usize = (2 << 20) + 123_456;
const LARGE: usize = 1 << 20;
const SMALL: usize = 8 << 10;

// promise: R8
#[test]
fn connection_closed_after_body_is_not_reused() {
    let body = content(SIZE);
    let whole = || Response::content(content(SIZE));
    let old = format!("HTTP/1.0 200 OK\r\ncontent-length: {SIZE}\r\netag: \"{}\"\r\n\r\n", md5_hex(&body));
    let old = [old.as_bytes(), &body].concat();
    for method in DownloadMethod::ALL {
        for (case, response) in [
            ("closed", whole().then(End::Fin)),
            ("close", whole().header("connection", "close")),
            ("Close in a list", whole().header("connection", "keep-alive, Close")),
            ("and close", whole().header("connection", "keep-alive").header("connection", "close")),
            ("HTTP/1.0", Response::raw(&old).then(End::Keep)),
            ("more bytes", whole().garbage(HELLO.as_bytes())),
        ] {
            let mut response = Some(response);
            let server = Store::with_object(&body).serve(move |_| response.take());
            let client = client_without_retries(&server);
            assert!(method.download(&client).unwrap() == body, "{case}");
            assert_eq!(server.requests().len(), 1); // Everything that the server sends has been sent.
            get_small(&client);
            assert_eq!(server.connections(), 2, "{case}");
        }
    }
}

// promise: R4
#[test]
fn request_on_stale_connection_is_retried() {
    let server = FakeServer::start([
        Response::content(content(SIZE)),
        Response::none(End::Fin),
        Response::content(HELLO),
        Response::content(content(SIZE)).header("connection", "Keep-Alive"),
        Response::none(End::Rst),
        Response::content(HELLO),
    ]);
    let client = client(&server);
    for _ in 0..2 {
        assert!(DownloadMethod::DownloadFile.download(&client).unwrap() == content(SIZE));
        get_small(&client);
    }
    assert_eq!(server.finish::<6>().map(|request| request.connection), [1, 1, 2, 2, 2, 3]);
}

fn get_k() -> RawRequest {
    RawRequest::new(Method::Get).bucket("b").key("k")
}

// promise: R8
#[test]
fn larger_buffer_at_the_end_reads_zero_bytes() {
    let body = content(SIZE);
    let server = FakeServer::serve(|_| Response::content(content(SIZE)).garbage(HELLO.as_bytes()));
    let client = client(&server);
    let mut response = client.send_raw(&get_k(), "").unwrap();
    let mut got = vec![0; SIZE];
    for piece in got.chunks_mut(SMALL) {
        response.read_exact(piece).unwrap();
    }
    assert!(got == body);
    for _ in 0..2 {
        assert_eq!(response.read(&mut vec![0; LARGE]).unwrap(), 0);
    }
    let mut response = client.send_raw(&get_k(), "").unwrap();
    assert!(
        read_in_chunks(&mut response, random_sizes(3)).unwrap() == body,
        "an empty buffer must neither end nor fail the body"
    );
}

// promise: R9
#[test]
fn truncated_listing_fails() {
    let entry = |i| format!("<Contents><Key>{i}{}</Key><Size>1</Size></Contents>", "k".repeat(900));
    let entries: String = (0..3000).map(entry).collect();
    let xml = format!("<ListBucketResult>{entries}</ListBucketResult>");
    let padded = format!("{xml}{}", " ".repeat(1000));
    let count = |client: Client| Ok(client.list_objects("b").collect::<Result<Vec<_>>>()?.len());
    let server = FakeServer::start([Response::xml(&padded)]);
    assert_eq!(count(client_without_retries(&server)).unwrap(), 3000);
    for cut in [xml.len(), xml.len() - 1, 2 << 20] {
        let whole = padded.clone();
        let server = FakeServer::serve(move |_| Response::xml(&whole).cut(cut, End::Fin));
        let attempts = RetryPolicy::new().max_attempts(2).base_delay(Duration::ZERO);
        let client = Client::new(config(&server).retry(attempts)).unwrap();
        fails(ErrorKind::Network, count(client));
        assert_eq!(server.requests().len(), 2);
    }
}

#[test]
fn chunked_body_ignores_content_length() {
    let body = content(SIZE);
    let chunked = || Response::content(content(SIZE)).chunked(100_000);
    // One length is that of the body with its chunk headers, the other is too short.
    for length in [SIZE as u64 + 260, SIZE as u64 - 1] {
        let server = FakeServer::start([chunked().content_length(length), Response::content(HELLO)]);
        let client = client(&server);
        let mut response = client.send_raw(&get_k(), "").unwrap();
        assert!(read_in_chunks(&mut response, || LARGE).unwrap() == body);
        get_small(&client);
        assert_eq!(server.finish::<2>().map(|request| request.connection), [1, 1]);
    }
}

// promise: R8
#[test]
fn connection_is_not_reused_after_an_early_response() {
    // The server still waits for the body and would read the next request as this body.
    let server = FakeServer::start([
        Response::content(content(SIZE)).early().then(End::Stall),
        Response::content(HELLO),
    ]);
    let client = client_without_retries(&server);
    let put = RawRequest::new(Method::Put).bucket("b").key("k").header("Expect", "100-continue");
    let mut response = client.send_raw(&put, HELLO).unwrap();
    assert!(read_in_chunks(&mut response, || LARGE).unwrap() == content(SIZE));
    get_small(&client);
    assert_eq!(server.finish::<2>().map(|request| request.connection), [1, 2]);
}
