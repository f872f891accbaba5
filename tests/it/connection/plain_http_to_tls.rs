//! Plain HTTP sent to a port that expects TLS.

#![cfg(feature = "rustls")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use plain_s3::{Client, Config, ErrorKind, Event};

use crate::fake_server::tls;

#[test]
fn plain_http_to_a_tls_port_fails_at_once_with_a_hint() {
    let address = tls::responding(String::new(), tls::Then::Close, 9);
    let attempts = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&attempts);
    let config = Config::new(format!("http://{address}")).on_event(move |event| {
        if let Event::Attempt { .. } = event {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let error = Client::new(config).unwrap().list_buckets().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{error}");
    assert!(error.hint().unwrap().contains("use https:// in the endpoint"), "{error}");
    assert_eq!(attempts.load(Ordering::Relaxed), 1);
}
