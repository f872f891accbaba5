//! The same over TLS, where the client cannot check for an early response before the connection reports an
//! error or the idle timeout ends.

#![cfg(any(feature = "rustls", feature = "native-tls"))]

use std::time::Duration;

use plain_s3::{Client, Config, Credentials, ErrorKind, RetryPolicy};

use crate::fake_server::tls::{self, Then};

const SIZE: usize = 12 << 20;
const RUNS: usize = 20;

const REJECTIONS: [(u16, &str); 4] =
    [(403, "AccessDenied"), (404, "NoSuchBucket"), (400, "InvalidRequest"), (507, "InsufficientStorage")];

fn assert_rejected_then(then: Then, runs: usize) {
    for run in 0..runs {
        let (status, code) = REJECTIONS[run % REJECTIONS.len()];
        let body = format!("<Error><Code>{code}</Code></Error>");
        // Every second server sends interim responses first.
        let interim = ["", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\na: b\r\n\r\n"][run % 2];
        let response =
            format!("{interim}HTTP/1.1 {status} No\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        // Only a server that stops reading without closing is detected by the idle timeout.
        let idle = Duration::from_millis(if matches!(then, Then::Stop(_)) { 400 } else { 10_000 });
        let address = tls::responding(response, then, 1);
        let config = Config::new(format!("https://{address}"))
            .ca_pem(tls::CERTIFICATE)
            .credentials(Credentials::new("access", "secret"))
            .idle_timeout(idle)
            .retry(RetryPolicy::none());
        let error = Client::new(config).unwrap().put_object("b", "k", vec![7; SIZE]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server, "run {run}: {error}");
        assert_eq!((error.status(), error.code()), (Some(status), Some(code)), "{error}");
    }
}

// promise: U13
#[test]
fn rejection_is_reported_if_the_connection_is_closed() {
    assert_rejected_then(Then::Close, RUNS);
}

#[test]
fn rejection_is_reported_if_the_server_discards_the_body() {
    assert_rejected_then(Then::Drain, RUNS);
}

// promise: U13
#[test]
fn rejection_is_reported_if_the_server_stops_reading() {
    // Each run waits for the idle timeout, so a few are enough.
    assert_rejected_then(Then::Stop(Duration::from_secs(2)), 4);
}
