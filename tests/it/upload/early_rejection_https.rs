//! The same over TLS, where the answer cannot be looked for before the connection says that it is over.

#![cfg(any(feature = "rustls", feature = "native-tls"))]

use std::time::Duration;

use plain_s3::{Client, Config, Credentials, ErrorKind, RetryPolicy};

use crate::fake_server::tls::{self, Then};

const SIZE: usize = 12 << 20;
const RUNS: usize = 20;

const REFUSALS: [(u16, &str); 4] =
    [(403, "AccessDenied"), (404, "NoSuchBucket"), (400, "InvalidRequest"), (507, "InsufficientStorage")];

fn refused_and_then(then: Then, runs: usize) {
    for run in 0..runs {
        let (status, code) = REFUSALS[run % REFUSALS.len()];
        let body = format!("<Error><Code>{code}</Code></Error>");
        let answer = format!("HTTP/1.1 {status} No\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        // only where nothing else tells that the server takes no more is silence waited for
        let idle = Duration::from_millis(if matches!(then, Then::Stop(_)) { 400 } else { 10_000 });
        let address = tls::refusing(answer, then, 1);
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

#[test]
fn and_the_connection_closed() {
    refused_and_then(Then::Close, RUNS);
}

#[test]
fn and_all_of_it_read_and_thrown_away() {
    refused_and_then(Then::Drain, RUNS);
}

#[test]
fn and_nothing_read_any_more_though_the_connection_stays() {
    // found when the limit on silence is over, so a few runs are enough
    refused_and_then(Then::Stop(Duration::from_secs(2)), 4);
}
