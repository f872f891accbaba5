//! Clients of the scripted server.

use std::time::Duration;

use plain_s3::{Client, Config, Credentials, Error, ErrorKind, Result, RetryPolicy};

use crate::fake_server::FakeServer;
use crate::support::fails;

pub(crate) const ACCESS_KEY: &str = "AKIDEXAMPLE";
pub(crate) const SECRET_KEY: &str = "s3cr3t/of+tests";
pub(crate) const TOKEN: &str = "t0k3n/of+tests==";
pub(crate) const REGION: &str = "eu-west-1";

pub(crate) fn credentials() -> Credentials {
    Credentials::new(ACCESS_KEY, SECRET_KEY)
}

/// Returns a configuration with Signature V2 and without delays between retries.
pub(crate) fn config(server: &FakeServer) -> Config {
    config_at(server.endpoint())
}

/// Like [`config`], for any endpoint.
pub(crate) fn config_at(endpoint: impl Into<String>) -> Config {
    Config::new(endpoint)
        .credentials(credentials())
        .retry(RetryPolicy::new().base_delay(Duration::ZERO))
        .connect_timeout(Duration::from_secs(5))
        .idle_timeout(Duration::from_secs(5))
}

/// Returns a client that signs with V2.
pub(crate) fn client(server: &FakeServer) -> Client {
    Client::new(config(server)).unwrap()
}

/// Returns a client that signs with V4.
pub(crate) fn client_v4(server: &FakeServer) -> Client {
    Client::new(config(server).region(REGION)).unwrap()
}

/// Returns a client without credentials.
pub(crate) fn anonymous_client(server: &FakeServer) -> Client {
    let retry = RetryPolicy::new().base_delay(Duration::ZERO);
    Client::new(Config::new(server.endpoint()).retry(retry)).unwrap()
}

/// Returns a client that makes only one attempt, so that a test sees the result of a single response.
pub(crate) fn client_without_retries(server: &FakeServer) -> Client {
    Client::new(config(server).retry(RetryPolicy::none())).unwrap()
}

/// Returns the error of a call that must fail before anything is sent. Panics unless its text contains
/// `words`.
#[track_caller]
pub(crate) fn rejected<T>(result: Result<T>, words: &str) -> Error {
    let error = fails(ErrorKind::InvalidInput, result);
    assert!(error.to_string().contains(words), "{words:?} is not in: {error}");
    error
}
