//! What the tests share: a scripted server, clients of it, and signatures made a second time.
//!
//! A test tells the server what to answer, calls the client, and looks at what came over the wire:
//!
//! ```ignore
//! let server = FakeServer::start([Answer::new(200).header("etag", "\"abc\"").body("Hello")]);
//! client(&server).get_object("b", "k")…;
//! let [request] = server.finish();
//! assert_eq!(request.line(), "GET /b/k HTTP/1.1");
//! ```

// each test program uses its own part of this
#![allow(dead_code, unused_imports)]

mod answer;
mod child;
mod connection;
mod live;
mod proxy;
mod random;
mod received;
mod server;
mod signatures;
mod sink;
mod store;
mod temp;
mod way;

pub(crate) use answer::{Answer, End};
pub(crate) use child::{begin, command, start, task};
pub(crate) use live::{Live, say, skip, variable};
pub(crate) use proxy::{Fault, Proxy, Spoilt};
pub(crate) use random::{Random, content};
pub(crate) use received::Received;
pub(crate) use server::FakeServer;
pub(crate) use signatures::{
    assert_signed_v2, assert_signed_v4, md5_base64, md5_hex, percent_decoded, sign_v2, sign_v4,
};
pub(crate) use sink::Sink;
pub(crate) use store::{HELLO, Store, get_small};
pub(crate) use temp::TempDir;
pub(crate) use way::{Way, changing, read_by};

use std::time::Duration;

use plain_s3::{Client, Config, Credentials, Error, ErrorKind, Result, RetryPolicy};

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

/// The error of a call, which must be of this kind.
#[track_caller]
pub(crate) fn fails<T>(kind: ErrorKind, result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("a success where {kind:?} was due"),
        Err(error) => {
            assert_eq!(error.kind(), kind, "{error}");
            error
        }
    }
}

/// The error of a call that must be refused before anything is sent, with these words in its text.
#[track_caller]
pub(crate) fn refused<T>(result: Result<T>, words: &str) -> Error {
    let error = fails(ErrorKind::InvalidInput, result);
    assert!(error.to_string().contains(words), "{words:?} is not in: {error}");
    error
}
