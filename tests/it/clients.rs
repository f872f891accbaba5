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

/// Signature V2, and retries that do not wait.
pub(crate) fn config(server: &FakeServer) -> Config {
    config_at(server.endpoint())
}

/// The same for a server under another name, or none at all.
pub(crate) fn config_at(endpoint: impl Into<String>) -> Config {
    Config::new(endpoint)
        .credentials(credentials())
        .retry(RetryPolicy::new().base_delay(Duration::ZERO))
        .connect_timeout(Duration::from_secs(5))
        .idle_timeout(Duration::from_secs(5))
}

/// A client that signs with V2.
pub(crate) fn client(server: &FakeServer) -> Client {
    Client::new(config(server)).unwrap()
}

/// A client that signs with V4.
pub(crate) fn client_v4(server: &FakeServer) -> Client {
    Client::new(config(server).region(REGION)).unwrap()
}

/// A client without credentials.
pub(crate) fn anonymous(server: &FakeServer) -> Client {
    let retry = RetryPolicy::new().base_delay(Duration::ZERO);
    Client::new(Config::new(server.endpoint()).retry(retry)).unwrap()
}

/// A client of one attempt: what an answer becomes, without repetitions.
pub(crate) fn once(server: &FakeServer) -> Client {
    Client::new(config(server).retry(RetryPolicy::none())).unwrap()
}

/// The error of a call that must be refused before anything is sent, with these words in its text.
#[track_caller]
pub(crate) fn refused<T>(result: Result<T>, words: &str) -> Error {
    let error = fails(ErrorKind::InvalidInput, result);
    assert!(error.to_string().contains(words), "{words:?} is not in: {error}");
    error
}
