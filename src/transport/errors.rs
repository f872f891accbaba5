//! Converts ureq's errors: what happened, and what to check or change.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use ureq::Timeout;

use ureq::http::Uri;

use super::connect::DialError;
use super::limits::Limits;
use super::own_error;
use super::proxy::{Proxy, host_and_port};
use super::response_head::HeadError;
use crate::config::{Environment, ProxyVariables};
use crate::error::{Error, ErrorKind, Outcome};

const IDLE_HINT: &str = "Try again later, or increase Config::idle_timeout to wait longer.";

/// The other side of a connection, for error texts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer<'a> {
    /// The host of the server, and its port unless that is the default.
    pub(super) server: &'a str,
    /// The proxy that the request goes through, if any.
    pub(super) proxy: Option<&'a Proxy>,
}

impl fmt::Display for Peer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.server)?;
        self.proxy.map_or(Ok(()), |proxy| write!(f, " through the proxy {proxy}"))
    }
}

/// A connection that was lost while a body was received. Unlike an I/O error, ureq never takes it for the end of the
/// body.
#[derive(Debug)]
pub(super) struct LostConnection(pub(super) io::Error);

impl fmt::Display for LostConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for LostConnection {}

/// Converts an error that occurred before the head of the response was received.
pub(super) fn convert(error: ureq::Error, connect: Duration, limits: Limits, peer: Peer<'_>) -> Error {
    let idle = limits.idle;
    let Peer { server, proxy } = peer;
    let error = match own_error::unwrap(error) {
        Ok(error) => return error,
        Err(error) => error,
    };
    match error {
        // A timeout, unlike the kind `Connect`, leaves open whether a request was sent. None was.
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
            let (to, hint) = match proxy {
                None => (
                    server.to_owned(),
                    "Check the endpoint's host and port, and any firewall in between.".to_owned(),
                ),
                Some(proxy) => (format!("the proxy {proxy}"), proxy.setting_hint()),
            };
            Error::new(ErrorKind::Timeout, format!("could not connect to {to} within {connect:?}"))
                .not_sent()
                .with_hint(hint)
        }
        ureq::Error::Timeout(Timeout::PerWrite) => {
            Error::new(ErrorKind::Timeout, format!("{peer} accepted no data for {idle:?}"))
                .with_hint(IDLE_HINT)
        }
        ureq::Error::Timeout(Timeout::Global) => call_timeout(limits.total),
        ureq::Error::Timeout(_) => {
            Error::new(ErrorKind::Timeout, format!("{peer} sent no data for {idle:?}")).with_hint(IDLE_HINT)
        }
        ureq::Error::Other(inner) if inner.is::<DialError>() => match inner.downcast().map(|error| *error) {
            Ok(DialError::Io(address, error)) => could_not_connect(&address.to_string(), error, peer),
            // Converted to a timeout by the socket.
            Ok(error @ DialError::Timeout) => connection_lost(error, peer),
            Err(error) => connection_lost(error, peer),
        },
        ureq::Error::Other(inner) if inner.is::<HeadError>() => {
            head_error(*inner.downcast().expect("the type was just checked"), idle, peer)
        }
        ureq::Error::Io(error) => connection_lost(error, peer),
        error @ ureq::Error::Protocol(_) => Error::new(ErrorKind::UnexpectedResponse, not_http(peer))
            .with_source(error)
            .malformed()
            .with_hint("If the port speaks TLS, use https:// in the endpoint."),
        error => Error::new(ErrorKind::Network, format!("the request to {peer} failed")).with_source(error),
    }
}

/// Converts an error that occurred while a response body was read.
///
/// Unless it is a timeout, this is always a lost connection: the rest of the body cannot be received.
pub(super) fn convert_body(error: ureq::Error, limits: Limits, server: &str) -> Error {
    let peer = Peer { server, proxy: None };
    match own_error::unwrap(error) {
        Ok(error) => error,
        // The connection exists, so a connect timeout is impossible and the second argument has no effect.
        Err(error @ ureq::Error::Timeout(_)) => convert(error, limits.idle, limits, peer),
        // Unwrapped, so that the text does not repeat that it is an I/O error.
        Err(ureq::Error::Io(error)) => connection_lost(error, peer),
        Err(ureq::Error::Other(inner)) => match inner.downcast() {
            Ok(lost) => {
                let LostConnection(error) = *lost;
                connection_lost(error, peer)
            }
            Err(inner) => connection_lost(inner, peer),
        },
        Err(error) => connection_lost(error, peer),
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

/// Returns the error of a response whose head cannot be read.
fn head_error(error: HeadError, idle: Duration, peer: Peer<'_>) -> Error {
    let invalid = |text: String| Error::new(ErrorKind::UnexpectedResponse, text).with_source(error);
    match error {
        HeadError::Malformed(_) => invalid(not_http(peer))
            .malformed()
            .with_hint("If the port speaks TLS, use https:// in the endpoint."),
        // The others are not marked as malformed, because that would make them retryable: every attempt gets the
        // same response.
        HeadError::TlsAlert => invalid(not_http(peer)).with_hint(match peer.proxy {
            None => "The port speaks TLS: use https:// in the endpoint.".to_owned(),
            Some(proxy) => format!("The port of the proxy {proxy} speaks TLS. {}", proxy.setting_hint()),
        }),
        HeadError::TooLarge => invalid(format!("the response of {peer} cannot be read"))
            .with_hint("If the object has that much metadata, store it again with less. AWS allows 2 KiB."),
        HeadError::Unfinished => Error::new(
            ErrorKind::Timeout,
            format!("{peer} did not finish the headers of a final response within {idle:?}"),
        )
        .with_hint(IDLE_HINT),
    }
}

/// Returns the error of a call that has reached its deadline.
pub(super) fn call_timeout(total: Duration) -> Error {
    Error::new(ErrorKind::Timeout, format!("the call did not finish within {total:?}"))
        .with_hint("Increase Config::call_timeout to allow more time.")
}

/// Returns the error of a success response to a request that was not sent completely.
pub(super) fn early_success() -> Error {
    Error::new(ErrorKind::Network, "the server reported success before it received the whole body").with_hint(
        "The object may be incomplete: check the server and any proxy, and store the object again.",
    )
}

/// Mentions a proxy variable in the error of a direct connection, if the program ignores these variables.
pub(super) fn proxy_variable_hint(error: Error, uri: &Uri) -> Error {
    let is_connecting = error.kind() == ErrorKind::Connect
        || (error.kind() == ErrorKind::Timeout && error.outcome() == Outcome::NotSent);
    if !is_connecting {
        return error;
    }
    let env = Environment::process();
    add_proxy_variable(error, uri, &ProxyVariables::read(|name| env.get(name)))
}

fn add_proxy_variable(error: Error, uri: &Uri, variables: &ProxyVariables) -> Error {
    let has_proxy = host_and_port(uri).is_some_and(|(host, port)| !variables.no_proxy.contains(host, port));
    match variables.variable(uri.scheme_str() == Some("https")) {
        Some((name, _)) if has_proxy => error.append_hint(&format!(
            "The environment variable {name} is not used; call Config::proxy_from_env to connect through this \
             proxy."
        )),
        _ => error,
    }
}

/// Returns the error of a connection that could not be opened: the server's, or the proxy's.
fn could_not_connect(address: &str, error: io::Error, peer: Peer<'_>) -> Error {
    use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
    let hint = match (error.kind(), peer.proxy) {
        (ConnectionRefused, None) => {
            "Nothing is listening on this host and port: check the endpoint.".to_owned()
        }
        (ConnectionRefused, Some(proxy)) => {
            format!("Nothing is listening on this host and port. {}", proxy.setting_hint())
        }
        (HostUnreachable | NetworkUnreachable | AddrNotAvailable, None) => {
            "Check the endpoint's host and this machine's network connection.".to_owned()
        }
        (HostUnreachable | NetworkUnreachable | AddrNotAvailable, Some(proxy)) => {
            format!("{} Check this machine's network connection.", proxy.setting_hint())
        }
        (_, None) => "Check the endpoint's host and port, and any firewall in between.".to_owned(),
        (_, Some(proxy)) => proxy.setting_hint(),
    };
    let text = match peer.proxy {
        // an endpoint that is the address of the server
        None if address
            .strip_prefix(peer.server)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':')) =>
        {
            format!("could not connect to {address}")
        }
        None => format!("could not connect to {} at {address}", peer.server),
        Some(proxy) => format!("could not connect to the proxy {proxy} at {address}"),
    };
    Error::new(ErrorKind::Connect, text).with_source(error).with_hint(hint)
}

fn connection_lost(error: impl Into<Box<dyn StdError + Send + Sync>>, peer: Peer<'_>) -> Error {
    Error::new(ErrorKind::Network, format!("the connection to {peer} was lost")).with_source(error)
}

fn not_http(peer: Peer<'_>) -> String {
    format!("the response of {peer} is not valid HTTP/1.1")
}

/// Returns the error of a host name that could not be resolved: the server's, or the proxy's.
pub(super) fn lookup_failed(host: &str, error: io::Error, proxy: Option<&Proxy>) -> Error {
    let owner = if proxy.is_some() { " of the proxy" } else { "" };
    // The error has no code. These are the texts of glibc, musl and the BSDs for EAI_AGAIN.
    let text = error.to_string();
    if ["emporary failure", "ry again", "at this time"].iter().any(|part| text.contains(part)) {
        return Error::new(
            ErrorKind::Connect,
            format!("the host name {host}{owner} could not be resolved for the time being"),
        )
        .with_source(error)
        .with_hint("No name server responded: check this machine's network connection and DNS settings.");
    }
    let error = Error::new(ErrorKind::Connect, format!("the host name {host}{owner} could not be resolved"))
        .with_source(error)
        .refused();
    error.with_hint(match proxy {
        None => "Check the spelling of the endpoint and this machine's DNS settings. \
                 In virtual-hosted style, the bucket name is part of the host name."
            .to_owned(),
        Some(proxy) => proxy.setting_hint(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Endpoint;

    const LIMITS: Limits =
        Limits { idle: Duration::from_secs(60), deadline: None, total: Duration::from_secs(300) };

    const HOST: &str = "s3.test";
    const CALL_HINT: &str = "Increase Config::call_timeout to allow more time.";
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

    fn head(error: HeadError) -> ureq::Error {
        ureq::Error::Other(Box::new(error))
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
        use ErrorKind::{Network, Timeout as TimedOut, UnexpectedResponse};
        for (error, kind, text, hint) in [
            (
                ureq::Error::Timeout(Timeout::Connect),
                TimedOut,
                "could not connect to s3.test within 10s",
                Some("Check the endpoint's host and port, and any firewall in between."),
            ),
            (
                ureq::Error::Timeout(Timeout::Resolve),
                TimedOut,
                "could not connect to s3.test within 10s",
                Some("Check the endpoint's host and port, and any firewall in between."),
            ),
            (
                ureq::Error::Timeout(Timeout::PerWrite),
                TimedOut,
                "s3.test accepted no data for 60s",
                Some(IDLE_HINT),
            ),
            (
                ureq::Error::Timeout(Timeout::PerRead),
                TimedOut,
                "s3.test sent no data for 60s",
                Some(IDLE_HINT),
            ),
            (
                ureq::Error::Timeout(Timeout::Global),
                TimedOut,
                "the call did not finish within 300s",
                Some(CALL_HINT),
            ),
            (
                head(HeadError::Malformed("its status line is invalid")),
                UnexpectedResponse,
                "the response of s3.test is not valid HTTP/1.1: its status line is invalid",
                Some(HTTPS_HINT),
            ),
            (
                head(HeadError::TooLarge),
                UnexpectedResponse,
                "the response of s3.test cannot be read: its headers are longer than 64 KiB",
                Some("If the object has that much metadata, store it again with less. AWS allows 2 KiB."),
            ),
            (
                head(HeadError::Unfinished),
                TimedOut,
                "s3.test did not finish the headers of a final response within 60s",
                Some(IDLE_HINT),
            ),
            (
                head(HeadError::TlsAlert),
                UnexpectedResponse,
                "the response of s3.test is not valid HTTP/1.1: it starts with a TLS alert",
                Some("The port speaks TLS: use https:// in the endpoint."),
            ),
            (
                protocol_error(),
                UnexpectedResponse,
                "the response of s3.test is not valid HTTP/1.1: protocol: unsupported http version",
                Some(HTTPS_HINT),
            ),
            (io(io::ErrorKind::ConnectionReset), Network, "the connection to s3.test was lost: reason", None),
            (
                ureq::Error::BodyStalled,
                Network,
                "the request to s3.test failed: body data reading stalled",
                None,
            ),
        ] {
            assert_error(&convert(error, Duration::from_secs(10), LIMITS, peer(None)), kind, text, hint);
        }
        let early = "the server reported success before it received the whole body";
        let hint =
            "The object may be incomplete: check the server and any proxy, and store the object again.";
        assert_error(&early_success(), Network, early, Some(hint));
    }

    fn peer(proxy: Option<&Proxy>) -> Peer<'_> {
        Peer { server: HOST, proxy }
    }

    fn proxy() -> Proxy {
        let endpoint = Endpoint::parse("http://h").unwrap();
        let setting = crate::config::Config::new("").proxy("http://user:pa55@proxy.test:3128").proxy;
        Proxy::new(setting.as_ref(), &endpoint).unwrap().unwrap()
    }

    /// Pins the errors of a connection that cannot be opened, without and with a proxy.
    #[test]
    fn golden_texts_of_connect_errors() {
        use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
        let proxy = proxy();
        for (error, text, proxied) in [
            (
                ConnectionRefused,
                "could not connect to s3.test at 127.0.0.1:9: reason. Nothing is listening on this host and port: check the \
                 endpoint.",
                "could not connect to the proxy http://proxy.test:3128 at 127.0.0.1:9: reason. Nothing is listening \
                 on this host and port. Check the URL in Config::proxy.",
            ),
            (
                HostUnreachable,
                "could not connect to s3.test at 127.0.0.1:9: reason. Check the endpoint's host and this machine's network \
                 connection.",
                "could not connect to the proxy http://proxy.test:3128 at 127.0.0.1:9: reason. Check the URL in \
                 Config::proxy. Check this machine's network connection.",
            ),
            (
                io::ErrorKind::PermissionDenied,
                "could not connect to s3.test at 127.0.0.1:9: reason. Check the endpoint's host and port, and any \
                 firewall in between.",
                "could not connect to the proxy http://proxy.test:3128 at 127.0.0.1:9: reason. Check the URL in \
                 Config::proxy.",
            ),
        ] {
            for kind in if error == HostUnreachable {
                vec![error, NetworkUnreachable, AddrNotAvailable]
            } else {
                vec![error]
            } {
                for (proxy, text) in [(None, text), (Some(&proxy), proxied)] {
                    let address = "127.0.0.1:9".parse().unwrap();
                    let error = DialError::Io(address, io::Error::new(kind, "reason"));
                    let error = ureq::Error::Other(Box::new(error));
                    let error = convert(error, Duration::from_secs(10), LIMITS, peer(proxy));
                    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Connect, text));
                    assert!(error.is_retryable());
                }
            }
        }
        let timeout = ureq::Error::Timeout(Timeout::Connect);
        assert_eq!(
            convert(timeout, Duration::from_secs(10), LIMITS, peer(Some(&proxy))).to_string(),
            "could not connect to the proxy http://proxy.test:3128 within 10s. Check the URL in Config::proxy."
        );
        let alert = head(HeadError::TlsAlert);
        assert_eq!(
            convert(alert, Duration::from_secs(10), LIMITS, peer(Some(&proxy))).to_string(),
            "the response of s3.test through the proxy http://proxy.test:3128 is not valid HTTP/1.1: it starts with a TLS \
             alert. The port of the proxy \
             http://proxy.test:3128 speaks TLS. Check the URL in Config::proxy."
        );
    }

    #[test]
    fn golden_texts_of_lookup_errors() {
        let proxy = proxy();
        for (reason, retryable, text, proxied) in [
            (
                "Name or service not known",
                false,
                "the host name h.test could not be resolved: Name or service not known. Check the spelling of the \
                 endpoint and this machine's DNS settings. In virtual-hosted style, the bucket name is part of the \
                 host name.",
                "the host name h.test of the proxy could not be resolved: Name or service not known. Check the URL in \
                 Config::proxy.",
            ),
            (
                "Temporary failure in name resolution",
                true,
                "the host name h.test could not be resolved for the time being: Temporary failure in name resolution. \
                 No name server responded: check this machine's network connection and DNS settings.",
                "the host name h.test of the proxy could not be resolved for the time being: Temporary failure in \
                 name resolution. No name server responded: check this machine's network connection and DNS settings.",
            ),
        ] {
            for (proxy, text) in [(None, text), (Some(&proxy), proxied)] {
                let error = lookup_failed("h.test", io::Error::other(reason), proxy);
                assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Connect, text));
                assert_eq!(error.is_retryable(), retryable);
            }
        }
        assert!(lookup_failed("h", io::Error::other("Try again"), None).is_retryable()); // musl
    }

    #[test]
    fn unused_proxy_variable_is_mentioned_if_it_applies() {
        let variables = ProxyVariables::read(|name| match name {
            "HTTPS_PROXY" => Some("http://user:pa55@proxy.test:3128".to_owned()),
            "NO_PROXY" => Some("internal.test".to_owned()),
            _ => None,
        });
        for (uri, expected) in [
            (
                "https://s3.example.com/",
                "m. The environment variable HTTPS_PROXY is not used; call Config::proxy_from_env to connect through \
                 this proxy.",
            ),
            ("https://s3.internal.test/", "m"),
            ("http://s3.example.com/", "m"),
        ] {
            let error = Error::new(ErrorKind::Connect, "m");
            assert_eq!(add_proxy_variable(error, &uri.parse().unwrap(), &variables).to_string(), expected);
        }
    }

    #[test]
    fn golden_texts_of_body_errors() {
        use ErrorKind::{Network, Timeout as TimedOut};
        for (error, kind, text, hint) in [
            (
                ureq::Error::Timeout(Timeout::PerRead),
                TimedOut,
                "s3.test sent no data for 60s",
                Some(IDLE_HINT),
            ),
            (
                ureq::Error::Timeout(Timeout::Global),
                TimedOut,
                "the call did not finish within 300s",
                Some(CALL_HINT),
            ),
            // none of these is a failed connect or handshake any more
            (
                io(io::ErrorKind::ConnectionRefused),
                Network,
                "the connection to s3.test was lost: reason",
                None,
            ),
            (io(io::ErrorKind::InvalidData), Network, "the connection to s3.test was lost: reason", None),
            (
                protocol_error(),
                Network,
                "the connection to s3.test was lost: protocol: unsupported http version",
                None,
            ),
        ] {
            assert_error(&convert_body(error, LIMITS, HOST), kind, text, hint);
        }
    }

    #[test]
    fn only_an_unexpected_end_of_the_connection_gets_the_https_hint() {
        for (kind, hint) in
            [(io::ErrorKind::UnexpectedEof, Some(HTTPS_HINT)), (io::ErrorKind::ConnectionReset, None)]
        {
            let error = disconnect_hint(convert(io(kind), Duration::from_secs(10), LIMITS, peer(None)));
            assert_error(&error, ErrorKind::Network, "the connection to s3.test was lost: reason", hint);
        }
    }
}
