//! TLS: a certificate that is not trusted ends a call, and no content is read that belongs to no request.

#![cfg(any(feature = "rustls", feature = "native-tls"))]

use plain_s3::{Client, Config, Credentials, ErrorKind, RetryPolicy};

use crate::clients::config_at;
use crate::fake_server::tls::{self, Then};
use crate::support::{content, fails};

const RESPONSE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\ncontent";

// promise: S3
#[test]
fn untrusted_certificate_ends_the_call() {
    let address = tls::responding(RESPONSE.to_owned(), Then::Close, 2);
    let config = Config::new(format!("https://{address}"))
        .credentials(Credentials::new("access", "secret"))
        .retry(RetryPolicy::none());
    let error = fails(ErrorKind::Tls, Client::new(config.clone()).unwrap().get_object("b", "k"));
    for advice in ["http://", "disable", "skip", "insecure"] {
        assert!(!error.hint().unwrap_or_default().contains(advice), "{error}");
    }
    let trusted = Client::new(config.ca_pem(tls::CERTIFICATE)).unwrap();
    assert_eq!(trusted.get_object("b", "k").unwrap().text().unwrap(), "content");
}

/// Anyone on the network can close the TCP connection, but only the server can end the encrypted stream.
#[test]
fn end_of_the_connection_is_not_the_end_of_a_body_without_length() {
    let address = tls::responding("HTTP/1.1 200 OK\r\n\r\n{\"Version\"".to_owned(), Then::Close, 1);
    let config = config_at(format!("https://{address}")).ca_pem(tls::CERTIFICATE).retry(RetryPolicy::none());
    fails(ErrorKind::Network, Client::new(config).unwrap().get_bucket_policy("b"));
}

/// The size of the body determines how many records the client decrypts before it has read the response. What follows
/// may then be unread in the buffer of any layer.
// promise: R8
#[test]
fn records_after_a_response_are_not_the_next_response() {
    for size in (3_000..4_500).step_by(25) {
        let mut records = vec![format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n").into_bytes()];
        records.extend(content(size).chunks(900).map(<[u8]>::to_vec));
        records.push(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nFOREIGN".to_vec());
        let address = tls::sending_records(records);
        let config =
            config_at(format!("https://{address}")).ca_pem(tls::CERTIFICATE).retry(RetryPolicy::none());
        let client = Client::new(config).unwrap();
        for _ in 0..2 {
            assert!(client.get_object("b", "k").unwrap().bytes().unwrap() == content(size), "{size}");
        }
    }
}
