//! Converts ureq's errors: what happened, and what to check or change.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use ureq::Timeout;

use super::limits::Limits;
use super::resolver::LookupFailed;
use crate::error::{Error, ErrorKind};

/// The server sent a TLS alert instead of an HTTP response.
#[derive(Debug)]
pub(super) struct TlsAlert;

impl fmt::Display for TlsAlert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it starts with a TLS alert")
    }
}

impl StdError for TlsAlert {}

/// Converts an error that occurred before the head of the response was received.
pub(super) fn convert(error: ureq::Error, connect: Duration, limits: Limits) -> Error {
    let idle = limits.idle;
    match error {
        // A timeout, unlike the kind `Connect`, leaves open whether a request was sent. None was.
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
            Error::new(ErrorKind::Timeout, format!("could not connect within {connect:?}"))
                .not_sent()
                .with_hint("Check the endpoint's host and port, and any firewall in between.")
        }
        ureq::Error::Timeout(Timeout::PerWrite) => {
            Error::new(ErrorKind::Timeout, format!("the server accepted no data for {idle:?}"))
                .with_hint("Increase Config::idle_timeout to wait longer.")
        }
        ureq::Error::Timeout(Timeout::Global) => call_timeout(limits.total),
        ureq::Error::Timeout(_) => {
            Error::new(ErrorKind::Timeout, format!("the server sent no data for {idle:?}"))
                .with_hint("Increase Config::idle_timeout to wait longer.")
        }
        ureq::Error::HostNotFound => host_not_found(),
        ureq::Error::Other(inner) if inner.is::<LookupFailed>() => host_not_found().with_source(inner),
        ureq::Error::Other(inner) if inner.is::<TlsAlert>() => {
            // Not marked as malformed, because that would make it retryable: every attempt gets the same
            // alert.
            Error::new(ErrorKind::UnexpectedResponse, "the response is not valid HTTP/1.1")
                .with_source(inner)
                .with_hint("The port speaks TLS: use https:// in the endpoint.")
        }
        ureq::Error::Io(error) => convert_io(error),
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        error @ (ureq::Error::Tls(_) | ureq::Error::TlsRequired) => tls_failed(error),
        #[cfg(feature = "rustls")]
        error @ ureq::Error::Rustls(_) => tls_failed(error),
        #[cfg(feature = "native-tls")]
        error @ ureq::Error::NativeTls(_) => tls_failed(error),
        error @ ureq::Error::ConnectProxyFailed(_) => Error::new(
            ErrorKind::Connect,
            "could not connect through the proxy",
        )
        .with_source(error)
        .with_hint(
            "Check the URL and the credentials in Config::proxy, and whether the proxy allows this endpoint.",
        ),
        error @ ureq::Error::ConnectionFailed => could_not_connect(error),
        error @ ureq::Error::Protocol(_) => {
            Error::new(ErrorKind::UnexpectedResponse, "the response is not valid HTTP/1.1")
                .with_source(error)
                .malformed()
                .with_hint("If the port speaks TLS, use https:// in the endpoint.")
        }
        error => Error::new(ErrorKind::Network, "the request failed").with_source(error),
    }
}

/// Converts an error that occurred while a response body was read.
///
/// Unless it is a timeout, this is always a lost connection: the rest of the body cannot be received.
pub(super) fn convert_body(error: ureq::Error, limits: Limits) -> Error {
    match error {
        // The connection exists, so a connect timeout is impossible and the second argument has no effect.
        error @ ureq::Error::Timeout(_) => convert(error, limits.idle, limits),
        // Unwrapped, so that the text does not repeat that it is an I/O error.
        ureq::Error::Io(error) => connection_lost(error),
        error => connection_lost(error),
    }
}

/// Adds a hint to the error of a plain HTTP request if the server closed the connection without a response.
///
/// Some TLS servers close the connection without an alert when they receive plain HTTP.
pub(super) fn disconnect_hint(error: Error) -> Error {
    let unexpected_end = error.io_cause().is_some_and(|cause| cause.kind() == io::ErrorKind::UnexpectedEof);
    match error.kind() {
        ErrorKind::Network if unexpected_end => {
            error.with_hint("If the port speaks TLS, use https:// in the endpoint.")
        }
        _ => error,
    }
}

/// Returns the error of a call that has reached its deadline.
pub(super) fn call_timeout(total: Duration) -> Error {
    Error::new(ErrorKind::Timeout, format!("the call did not finish within {total:?}"))
        .with_hint("Increase Config::call_timeout to allow more time.")
}

/// Returns the error of a success response to a request that was not sent completely.
pub(super) fn early_success() -> Error {
    Error::new(ErrorKind::Network, "the server reported success before it received the whole body")
}

fn convert_io(error: io::Error) -> Error {
    use io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, HostUnreachable, InvalidData, NetworkUnreachable,
    };
    match error.kind() {
        ConnectionRefused => could_not_connect(error).with_hint(
            "Nothing is listening on this host and port: check the endpoint, or the proxy if one is set.",
        ),
        HostUnreachable | NetworkUnreachable | AddrNotAvailable => could_not_connect(error)
            .with_hint("Check the endpoint's host and this machine's network connection."),
        // rustls reports a certificate it does not trust, or a peer that does not speak TLS, as invalid data.
        InvalidData => tls_failed(error),
        _ => connection_lost(error),
    }
}

fn connection_lost(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Network, "the connection was lost").with_source(error)
}

fn could_not_connect(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Connect, "could not connect").with_source(error)
}

fn host_not_found() -> Error {
    Error::new(ErrorKind::Connect, "the host name could not be resolved").with_hint(
        "Check the spelling of the endpoint and this machine's DNS settings. \
         In virtual-hosted style, the bucket name is part of the host name.",
    )
}

fn tls_failed(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    let error = error.into();
    // The TLS libraries have no common error type, so their texts have to show the cause.
    let text = error.to_string().to_ascii_lowercase();
    let hint = if text.contains("certificate") || text.contains("issuer") {
        "If a private certificate authority issued the server's certificate, set the authority's certificate \
         with Config::ca_pem."
    } else {
        "If the server speaks plain HTTP, use http:// in the endpoint."
    };
    Error::new(ErrorKind::Tls, "could not establish a TLS connection").with_source(error).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { idle: Duration::from_secs(60), deadline: None, total: Duration::from_secs(300) };

    const IDLE_HINT: &str = "Increase Config::idle_timeout to wait longer.";
    const CALL_HINT: &str = "Increase Config::call_timeout to allow more time.";
    const HOST_HINT: &str = "Check the spelling of the endpoint and this machine's DNS settings. \
                             In virtual-hosted style, the bucket name is part of the host name.";
    const NETWORK_HINT: &str = "Check the endpoint's host and this machine's network connection.";
    const HTTPS_HINT: &str = "If the port speaks TLS, use https:// in the endpoint.";

    #[track_caller]
    fn assert_error(error: &Error, kind: ErrorKind, text: &str, hint: Option<&str>) {
        assert_eq!((error.kind(), error.hint()), (kind, hint), "{error}");
        let hint = hint.map(|hint| format!(". {hint}")).unwrap_or_default();
        assert_eq!(error.to_string(), format!("{text}{hint}"));
    }

    fn io(kind: io::ErrorKind) -> ureq::Error {
        ureq::Error::Io(io::Error::new(kind, "reason"))
    }

    /// Makes ureq fail with a protocol error, whose type it does not export: it connects, and then finds that
    /// it cannot send a request of this HTTP version.
    fn protocol_error() -> ureq::Error {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let request = ureq::http::Request::get(url).version(ureq::http::Version::HTTP_2).body(()).unwrap();
        ureq::Agent::from(ureq::Agent::config_builder().proxy(None).build()).run(request).unwrap_err()
    }

    /// Pins the text and the hint of every error of a request, as the user reads them.
    #[test]
    fn golden_texts_of_request_errors() {
        use ErrorKind::{Connect, Network, Timeout as TimedOut, UnexpectedResponse};
        let lookup_failed = LookupFailed::new(io::Error::other("reason"));
        for (error, kind, text, hint) in [
            (
                ureq::Error::Timeout(Timeout::Connect),
                TimedOut,
                "could not connect within 10s",
                Some("Check the endpoint's host and port, and any firewall in between."),
            ),
            (
                ureq::Error::Timeout(Timeout::Resolve),
                TimedOut,
                "could not connect within 10s",
                Some("Check the endpoint's host and port, and any firewall in between."),
            ),
            (
                ureq::Error::Timeout(Timeout::PerWrite),
                TimedOut,
                "the server accepted no data for 60s",
                Some(IDLE_HINT),
            ),
            (
                ureq::Error::Timeout(Timeout::PerRead),
                TimedOut,
                "the server sent no data for 60s",
                Some(IDLE_HINT),
            ),
            (
                ureq::Error::Timeout(Timeout::Global),
                TimedOut,
                "the call did not finish within 300s",
                Some(CALL_HINT),
            ),
            (ureq::Error::HostNotFound, Connect, "the host name could not be resolved", Some(HOST_HINT)),
            (
                ureq::Error::Other(Box::new(lookup_failed)),
                Connect,
                "the host name could not be resolved: reason",
                Some(HOST_HINT),
            ),
            (
                io(io::ErrorKind::ConnectionRefused),
                Connect,
                "could not connect: reason",
                Some(
                    "Nothing is listening on this host and port: check the endpoint, or the proxy if one is set.",
                ),
            ),
            (io(io::ErrorKind::HostUnreachable), Connect, "could not connect: reason", Some(NETWORK_HINT)),
            (io(io::ErrorKind::NetworkUnreachable), Connect, "could not connect: reason", Some(NETWORK_HINT)),
            (io(io::ErrorKind::AddrNotAvailable), Connect, "could not connect: reason", Some(NETWORK_HINT)),
            (
                ureq::Error::ConnectProxyFailed("reason".into()),
                Connect,
                "could not connect through the proxy: CONNECT proxy failed: reason",
                Some(
                    "Check the URL and the credentials in Config::proxy, and whether the proxy allows this endpoint.",
                ),
            ),
            (ureq::Error::ConnectionFailed, Connect, "could not connect: connection failed", None),
            (
                ureq::Error::Other(Box::new(TlsAlert)),
                UnexpectedResponse,
                "the response is not valid HTTP/1.1: it starts with a TLS alert",
                Some("The port speaks TLS: use https:// in the endpoint."),
            ),
            (
                protocol_error(),
                UnexpectedResponse,
                "the response is not valid HTTP/1.1: protocol: unsupported http version",
                Some(HTTPS_HINT),
            ),
            (io(io::ErrorKind::ConnectionReset), Network, "the connection was lost: reason", None),
            (ureq::Error::BodyStalled, Network, "the request failed: body data reading stalled", None),
        ] {
            assert_error(&convert(error, Duration::from_secs(10), LIMITS), kind, text, hint);
        }
        let early = "the server reported success before it received the whole body";
        assert_error(&early_success(), Network, early, None);
    }

    #[test]
    fn golden_texts_of_tls_errors() {
        let certificate_hint = "If a private certificate authority issued the server's certificate, set the \
                                authority's certificate with Config::ca_pem.";
        let http_hint = "If the server speaks plain HTTP, use http:// in the endpoint.";
        for (reason, hint) in [
            ("invalid peer certificate", certificate_hint),
            ("UnknownIssuer", certificate_hint),
            ("corrupt message", http_hint),
        ] {
            let error = ureq::Error::Io(io::Error::new(io::ErrorKind::InvalidData, reason));
            let error = convert(error, Duration::from_secs(10), LIMITS);
            let text = format!("could not establish a TLS connection: {reason}");
            assert_error(&error, ErrorKind::Tls, &text, Some(hint));
        }
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        for error in [ureq::Error::Tls("reason"), ureq::Error::TlsRequired] {
            let text = format!("could not establish a TLS connection: {error}");
            let error = convert(error, Duration::from_secs(10), LIMITS);
            assert_error(&error, ErrorKind::Tls, &text, Some(http_hint));
        }
    }

    #[test]
    fn golden_texts_of_body_errors() {
        use ErrorKind::{Network, Timeout as TimedOut};
        for (error, kind, text, hint) in [
            (
                ureq::Error::Timeout(Timeout::PerRead),
                TimedOut,
                "the server sent no data for 60s",
                Some(IDLE_HINT),
            ),
            (
                ureq::Error::Timeout(Timeout::Global),
                TimedOut,
                "the call did not finish within 300s",
                Some(CALL_HINT),
            ),
            // none of these is a failed connect or handshake any more
            (io(io::ErrorKind::ConnectionRefused), Network, "the connection was lost: reason", None),
            (io(io::ErrorKind::InvalidData), Network, "the connection was lost: reason", None),
            (protocol_error(), Network, "the connection was lost: protocol: unsupported http version", None),
        ] {
            assert_error(&convert_body(error, LIMITS), kind, text, hint);
        }
    }

    #[test]
    fn only_an_unexpected_end_of_the_connection_gets_the_https_hint() {
        for (kind, hint) in
            [(io::ErrorKind::UnexpectedEof, Some(HTTPS_HINT)), (io::ErrorKind::ConnectionReset, None)]
        {
            let error = disconnect_hint(convert(io(kind), Duration::from_secs(10), LIMITS));
            assert_error(&error, ErrorKind::Network, "the connection was lost: reason", hint);
        }
    }
}
