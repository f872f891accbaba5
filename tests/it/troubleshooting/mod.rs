//! Provokes the errors that users meet, and generates docs/troubleshooting.md from their texts.
//!
//! `S3_TEST_UPDATE=1 cargo test troubleshooting` writes the page.

mod access;
mod buckets;
mod calls;
mod connections;
mod credentials;
mod environment;
mod files;
mod folders;
mod input;
mod objects;
mod page;
mod proxies;
mod responses;
mod server;
mod settings;
mod tls;
mod uploads;

use std::error::Error as StdError;

use plain_s3::{Client, Credentials, ErrorKind, Result, RetryPolicy};

use crate::clients::{ACCESS_KEY, SECRET_KEY, TOKEN, config, config_at};
use crate::fake_server::{FakeServer, Response};

/// The host that the page shows in place of that of a test server.
const HOST: &str = "s3.example.com";

/// Errors that belong together.
struct Section {
    title: &'static str,
    introduction: &'static str,
    entries: Vec<Entry>,
}

/// An error as the page shows it.
struct Entry {
    /// What readers look for: an error code, or a few words of the text.
    title: &'static str,
    /// `None` if it cannot be provoked on this machine: the page keeps what it has.
    text: Option<String>,
    /// What the text does not say; may be empty.
    notes: &'static str,
}

fn entry(title: &'static str, text: impl Into<String>, notes: &'static str) -> Entry {
    Entry { title, text: Some(text.into()), notes }
}

/// Returns the text of an error, and checks what every text must have.
#[track_caller]
fn text<T>(result: Result<T>) -> String {
    let Err(error) = result else { panic!("the call succeeded") };
    let text = error.to_string();
    assert!(text.len() < 1000, "{text}");
    for secret in [SECRET_KEY, TOKEN, "s3cr3t", "hunter2"] {
        assert!(!text.contains(secret), "{text}");
    }
    // An invalid argument is described together with the rule that it breaks.
    let has_advice = matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Cancelled);
    assert!(error.hint().is_some() || has_advice, "no advice: {text}");
    let mut cause = StdError::source(&error);
    while let Some(error) = cause {
        assert!(!text.contains(&error.to_string()), "a report of all causes prints this twice: {error}");
        cause = error.source();
    }
    text.replace(ACCESS_KEY, "AKID")
}

/// Returns a client of an endpoint that is never called.
fn offline() -> Client {
    Client::new(config_at(format!("http://{HOST}")).region("us-east-1")).unwrap()
}

fn client_of(server: &FakeServer) -> Client {
    let config = config(server).region("us-east-1").retry(RetryPolicy::none());
    Client::new(config.credentials(Credentials::new(ACCESS_KEY, SECRET_KEY))).unwrap()
}

/// Returns the text without the address of the server.
fn at_host(server: &FakeServer, text: &str) -> String {
    text.replace(&server.authority(), HOST)
}

/// Returns the error of a call if the server sends `response` to every request.
#[track_caller]
fn call<T>(
    response: impl Fn() -> Response + Send + 'static,
    call: impl FnOnce(&Client) -> Result<T>,
) -> String {
    let server = FakeServer::serve(move |_| response());
    at_host(&server, &text(call(&client_of(&server))))
}

/// Returns the error of a call if the server returns this status and code.
#[track_caller]
fn coded<T>(status: u16, code: &'static str, f: impl FnOnce(&Client) -> Result<T>) -> String {
    call(move || Response::error(status, code), f)
}

/// Returns the error of a call if the server returns the first of these codes. The others must lead to the same text.
#[track_caller]
fn synonyms<T>(status: u16, codes: &[&'static str], f: fn(&Client) -> Result<T>) -> String {
    let text = coded(status, codes[0], f);
    for code in &codes[1..] {
        assert_eq!(coded(status, code, f), text.replace(codes[0], code));
    }
    text
}

/// Returns the error of a call if the server returns this status, code and message.
#[track_caller]
fn explained<T>(
    status: u16,
    code: &'static str,
    message: &'static str,
    f: impl FnOnce(&Client) -> Result<T>,
) -> String {
    let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    call(move || Response::new(status).header("x-amz-request-id", "tx-fake").body(&body), f)
}

fn get(client: &Client) -> Result<Vec<u8>> {
    client.get_object("b", "k")?.bytes()
}

fn put(client: &Client) -> Result<()> {
    client.put_object("b", "k", "content").map(drop)
}

fn sections() -> Vec<Section> {
    vec![
        settings::section(),
        credentials::section(),
        connections::section(),
        tls::section(),
        proxies::section(),
        input::section(),
        access::section(),
        buckets::section(),
        objects::section(),
        uploads::section(),
        server::section(),
        responses::section(),
        files::section(),
        folders::section(),
        calls::section(),
    ]
}
