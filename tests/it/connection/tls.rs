//! TLS: a certificate that is not trusted ends a call.

#![cfg(any(feature = "rustls", feature = "native-tls"))]

use plain_s3::{Client, Config, Credentials, ErrorKind, RetryPolicy};

use crate::fake_server::tls::{self, Then};
use crate::support::fails;

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
