//! ureq's errors as ours: what happened, and what to look at.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use ureq::Timeout;

use super::Limits;
use super::resolver::LookupFailed;
use crate::error::{Error, ErrorKind};

/// The first that the server said over plain HTTP.
#[derive(Debug)]
pub(super) struct SpeaksTls;

impl fmt::Display for SpeaksTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it begins with a TLS alert")
    }
}

impl StdError for SpeaksTls {}

pub(super) fn convert(error: ureq::Error, connect: Duration, limits: Limits) -> Error {
    let idle = limits.idle;
    match error {
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
            Error::new(ErrorKind::Timeout, format!("no connection within {connect:?}"))
                .unsent()
                .with_hint("Check the endpoint's host and port, and any firewall in between.")
        }
        ureq::Error::Timeout(Timeout::PerWrite) => {
            Error::new(ErrorKind::Timeout, format!("the server took no byte of the request for {idle:?}"))
                .with_hint("Config::idle_timeout sets this limit.")
        }
        ureq::Error::Timeout(Timeout::Global) => out_of_time(limits.total),
        ureq::Error::Timeout(_) => {
            Error::new(ErrorKind::Timeout, format!("the server was silent for {idle:?}"))
                .with_hint("Config::idle_timeout sets this limit.")
        }
        ureq::Error::HostNotFound => unknown_name(),
        ureq::Error::Other(inner) if inner.is::<LookupFailed>() => unknown_name().with_source(inner),
        ureq::Error::Other(inner) if inner.is::<SpeaksTls>() => {
            // it will say so however often it is asked
            Error::new(ErrorKind::UnexpectedResponse, "the answer is not HTTP/1.1")
                .with_source(inner)
                .with_hint("The port speaks TLS: write https:// in the endpoint.")
        }
        ureq::Error::Io(error) => convert_io(error),
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        error @ (ureq::Error::Tls(_) | ureq::Error::TlsRequired) => handshake(error),
        #[cfg(feature = "rustls")]
        error @ ureq::Error::Rustls(_) => handshake(error),
        #[cfg(feature = "native-tls")]
        error @ ureq::Error::NativeTls(_) => handshake(error),
        error @ (ureq::Error::ConnectProxyFailed(_) | ureq::Error::ConnectionFailed) => {
            Error::new(ErrorKind::Connect, "no connection").with_source(error)
        }
        error @ ureq::Error::Protocol(_) => {
            Error::new(ErrorKind::UnexpectedResponse, "the answer is not HTTP/1.1")
                .with_source(error)
                .malformed()
                .with_hint("If the port speaks TLS, write https:// in the endpoint.")
        }
        error => Error::new(ErrorKind::Network, "the request failed").with_source(error),
    }
}

/// An error within an answer's body: whatever broke it, the connection is of no more use.
pub(super) fn convert_body(error: ureq::Error, limits: Limits) -> Error {
    match error {
        error @ ureq::Error::Timeout(_) => convert(error, limits.idle, limits),
        ureq::Error::Io(error) => lost(error),
        error => lost(error),
    }
}

/// A server that hangs up without a word may be one that waits for TLS.
pub(super) fn hang_up_hint(error: Error) -> Error {
    let unexpected_end = StdError::source(&error)
        .and_then(|source| source.downcast_ref::<io::Error>())
        .is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof);
    match error.kind() {
        ErrorKind::Network if unexpected_end => {
            error.with_hint("If this port speaks TLS, write https:// in the endpoint.")
        }
        _ => error,
    }
}

fn lost(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Network, "the connection was lost").with_source(error)
}

/// The limit on a whole call is over.
pub(super) fn out_of_time(total: Duration) -> Error {
    Error::new(ErrorKind::Timeout, format!("the call was not done within {total:?}"))
        .with_hint("Config::call_timeout sets this limit.")
}

fn convert_io(error: io::Error) -> Error {
    use io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, HostUnreachable, InvalidData, NetworkUnreachable,
    };
    match error.kind() {
        ConnectionRefused => Error::new(ErrorKind::Connect, "no connection")
            .with_source(error)
            .with_hint("Nothing listens at this host and port: check the endpoint."),
        HostUnreachable | NetworkUnreachable | AddrNotAvailable => {
            Error::new(ErrorKind::Connect, "no connection").with_source(error)
        }
        // this is how rustls says that it does not trust or understand the other side
        InvalidData => handshake(error),
        _ => lost(error),
    }
}

fn unknown_name() -> Error {
    Error::new(ErrorKind::Connect, "the host name was not found").with_hint(
        "Check the endpoint's spelling and this machine's DNS; in virtual-hosted style the bucket is part of the name.",
    )
}

fn handshake(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    let error = error.into();
    let text = error.to_string().to_ascii_lowercase();
    let hint = if text.contains("certificate") || text.contains("issuer") {
        "If the server's certificate comes from an authority of its own, give that by Config::ca_pem."
    } else {
        "If the server speaks plain HTTP, write http:// in the endpoint."
    };
    Error::new(ErrorKind::Tls, "no TLS connection").with_source(error).with_hint(hint)
}
