//! HTTP proxies: forwarded requests for plain HTTP, tunnels for HTTPS, and errors that name the proxy.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::mem;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ureq::http::Uri;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, Transport, TransportAdapter,
};
use ureq::{Error as UreqError, Timeout};

use super::connect;
use super::own_error;
use super::socket::Stream;
use super::tls::{self, Tls};
use crate::config::{NoProxy, ProxySetting};
use crate::encode;
use crate::endpoint::{Endpoint, hide_userinfo};
use crate::error::{Error, ErrorKind, Result};
use crate::headers::Headers;

/// The default port of a proxy that an environment variable names, as in curl.
const DEFAULT_PORT_OF_CURL: u16 = 1080;
/// The maximum size of the response to CONNECT. A proxy may send a page with its logo; only the head matters.
const MAX_HEAD: usize = 64 << 10;

/// An HTTP proxy.
pub(super) struct Proxy {
    /// Scheme, host and port, without the password.
    url: String,
    uri: Uri,
    host: String,
    port: u16,
    /// The connection to the proxy itself is encrypted.
    https: bool,
    /// The value of `Proxy-Authorization`.
    authorization: Option<String>,
    /// The setting that names the proxy, for error texts.
    setting: &'static str,
    no_proxy: NoProxy,
}

impl Proxy {
    /// Returns the proxy that the setting names for this endpoint.
    pub(super) fn new(setting: Option<&ProxySetting>, endpoint: &Endpoint) -> Result<Option<Self>> {
        let (setting, url, default_port, no_proxy) = match setting {
            None => return Ok(None),
            Some(ProxySetting::Url(url)) => ("Config::proxy", url, 80, NoProxy::default()),
            Some(ProxySetting::Environment(variables)) => match variables.variable(endpoint.is_https()) {
                None => return Ok(None),
                Some((name, url)) => (name, url, DEFAULT_PORT_OF_CURL, variables.no_proxy.clone()),
            },
        };
        Self::parse(&url.0, default_port, setting, no_proxy).map(Some)
    }

    /// Parses `[http[s]://][user:password@]host[:port][/]`.
    fn parse(text: &str, default_port: u16, setting: &'static str, no_proxy: NoProxy) -> Result<Self> {
        let shown = hide_userinfo(text);
        // The program knows what it has set, but not which variable was read.
        let by = if setting.contains(':') { String::new() } else { format!(" in {setting}") };
        let invalid =
            || Error::invalid(format!("the proxy {shown}{by} is not a URL such as http://host:port"));
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            scheme @ ("socks" | "socks4" | "socks4a" | "socks5" | "socks5h") => {
                return Err(Error::invalid(format!(
                    "the proxy {shown}{by} uses {scheme}, but only HTTP proxies are supported"
                ))
                .with_hint("Use a URL that starts with http:// or https://."));
            }
            _ => return Err(invalid()),
        };
        if https && !cfg!(any(feature = "rustls", feature = "native-tls")) {
            return Err(Error::invalid(format!(
                "the proxy {shown}{by} requires TLS; enable the feature rustls or native-tls of plain-s3"
            )));
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (userinfo, authority) = match rest.rsplit_once('@') {
            Some((userinfo, authority)) => (Some(userinfo), authority),
            None => (None, rest),
        };
        let scheme = if https { "https" } else { "http" };
        let uri: Uri = format!("{scheme}://{authority}/").parse().map_err(|_| invalid())?;
        let host = uri.host().filter(|host| !host.is_empty() && uri.path() == "/").ok_or_else(invalid)?;
        let has_port = authority.len() > host.len();
        let port = match uri.port_u16() {
            Some(port) if port > 0 => port,
            None if !has_port => {
                if https {
                    443
                } else {
                    default_port
                }
            }
            _ => return Err(invalid()),
        };
        let authorization = match userinfo {
            None => None,
            // `+` is a plus sign in a URL's user and password, unlike in the keys of a listing.
            Some(userinfo) => {
                let decoded = encode::decode(&userinfo.replace('+', "%2B")).ok_or_else(invalid)?;
                let credentials = if decoded.contains(':') { decoded } else { decoded + ":" };
                Some(format!("Basic {}", BASE64_STANDARD.encode(credentials)))
            }
        };
        let url = format!("{scheme}://{host}:{port}");
        Ok(Self {
            url,
            host: host.to_owned(),
            port,
            https,
            authorization,
            setting,
            no_proxy,
            uri: uri.clone(),
        })
    }

    /// Returns `true` if the connection to the proxy is encrypted.
    pub(super) fn is_https(&self) -> bool {
        self.https
    }

    pub(super) fn host_and_port(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// Returns `true` if requests to this host go through the proxy.
    pub(super) fn applies_to(&self, host: &str, port: u16) -> bool {
        !self.no_proxy.contains(host, port)
    }

    /// Returns `true` if requests to this URI go through the proxy.
    pub(super) fn applies_to_uri(&self, uri: &Uri) -> bool {
        host_and_port(uri).is_some_and(|(host, port)| self.applies_to(host, port))
    }

    /// Advises to check the setting.
    pub(super) fn setting_hint(&self) -> String {
        format!("Check the URL in {}.", self.setting)
    }

    /// Returns the error of a proxy that responded with this status instead of connecting to `target`.
    ///
    /// `reason` is the proxy's own name of the error, if it sent one.
    fn rejection(&self, status: u16, target: &str, reason: &str) -> Error {
        let failed = |message: String| Error::new(ErrorKind::Connect, message).with_proxy_status(status);
        let reason = if reason.is_empty() { String::new() } else { format!(" {reason}") };
        match status {
            401 | 407 => {
                let hint = if self.authorization.is_none() {
                    format!("Set them in {}: http://user:password@host:port.", self.setting)
                } else {
                    format!(
                        "Check them in {}. Characters such as @ must be percent-encoded there.",
                        self.setting
                    )
                };
                let problem = match self.authorization {
                    None => "requires a user and a password",
                    Some(_) => "rejected the user and the password",
                };
                failed(format!("the proxy {self} {problem} ({status}{reason})"))
                    .refused()
                    .with_hint(hint)
            }
            403 => failed(format!("the proxy {self} does not allow connections to {target} (403{reason})"))
                .refused()
                .with_hint(
                    "Ask the operator of the proxy to allow this host and port, or connect without the proxy.",
                ),
            400..=499 | 501 | 505 => {
                failed(format!("the proxy {self} rejected the connection to {target} ({status}{reason})"))
                    .refused()
                    .with_hint(format!("{} It must be that of an HTTP proxy.", self.setting_hint()))
            }
            // 503 and 504 may also mean that the host is unknown; only the proxy knows.
            500..=599 => failed(format!("the proxy {self} could not connect to {target} ({status}{reason})"))
                .with_hint("Check the endpoint's host and port as the proxy sees them."),
            _ => failed(format!("the proxy {self} sent an unexpected status ({status}{reason})"))
                .refused()
                .with_hint(format!("{} It must be that of an HTTP proxy.", self.setting_hint())),
        }
    }

    /// Returns the error of a response that the proxy sent in place of the server.
    ///
    /// A proxy that forwards requests also sends responses of its own. They have none of the headers of S3 and no
    /// XML.
    pub(super) fn own_response(&self, status: u16, headers: &Headers, target: &str) -> Option<Error> {
        let of_server = || {
            headers.iter().any(|(name, _)| name.starts_with("x-amz-"))
                || headers
                    .get("content-type")
                    .is_some_and(|value| value.contains("xml") && !value.contains("xhtml"))
        };
        let reason = headers.get("x-squid-error").unwrap_or_default();
        let of_proxy = status == 407
            || (matches!(status, 401 | 403 | 500 | 502 | 503 | 504)
                && !of_server()
                && has_proxy_mark(headers));
        of_proxy.then(|| self.rejection(status, target, squid_error(reason)))
    }

    /// Connects to `target` by CONNECT, over an open connection to the proxy.
    fn open_tunnel(
        &self,
        connection: Box<dyn Stream>,
        details: &ConnectionDetails<'_>,
        target: &str,
    ) -> Result<Box<dyn Stream>, UreqError> {
        let mut stream = TransportAdapter::new(connection, Arc::clone(&details.current_time));
        // The adapter measures the time itself, so the limit holds for all reads and writes together.
        stream.set_timeout(connect::time_left(details)?);
        let authorization = self.authorization.as_deref();
        let authorization =
            authorization.map(|value| format!("Proxy-Authorization: {value}\r\n")).unwrap_or_default();
        // Some proxies reject requests without a User-Agent.
        let user_agent = concat!("plain-s3/", env!("CARGO_PKG_VERSION"));
        let request = format!(
            "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: {user_agent}\r\n{authorization}\r\n"
        );
        let failed = |error: std::io::Error| match UreqError::from(error) {
            UreqError::Timeout(Timeout::Connect) => own_error::wrap(self.tunnel_timeout(details, target)),
            // The deadline of the call.
            timeout @ UreqError::Timeout(_) => timeout,
            // Such as a failure of the TLS connection to the proxy.
            UreqError::Other(error) if error.is::<Error>() => UreqError::Other(error),
            error => own_error::wrap(self.tunnel_failed(target).with_source(error)),
        };
        stream.write_all(request.as_bytes()).map_err(failed)?;
        let mut head = Vec::new();
        loop {
            let mut byte = [0];
            // Not more than a byte: whatever follows the head belongs to the server. The bytes come from a buffer.
            if stream.read(&mut byte).map_err(failed)? == 0 {
                let error = self.tunnel_failed(target);
                return Err(own_error::wrap(error.append_hint("The proxy closed the connection.")));
            }
            head.push(byte[0]);
            if head.ends_with(b"\r\n\r\n") || head.ends_with(b"\n\n") {
                match status(&head) {
                    Some(100..=199) => head.clear(),
                    Some(200..=299) => return Ok(Box::new(Tunnel(stream.into_inner()))),
                    Some(status) => {
                        let reason = header(&head, "x-squid-error").unwrap_or_default();
                        return Err(own_error::wrap(self.rejection(status, target, squid_error(&reason))));
                    }
                    None => return Err(own_error::wrap(self.not_http())),
                }
            }
            // The end of a response that does not begin like HTTP may never come.
            let begins_like_http = head.iter().zip(b"HTTP/").all(|(got, expected)| got == expected);
            if !begins_like_http || head.len() > MAX_HEAD {
                return Err(own_error::wrap(self.not_http()));
            }
        }
    }

    fn tunnel_timeout(&self, details: &ConnectionDetails<'_>, target: &str) -> Error {
        let limit = details.config.timeouts().connect.unwrap_or_default();
        Error::new(
            ErrorKind::Timeout,
            format!("the proxy {self} did not open a connection to {target} within {limit:?}"),
        )
        .not_sent()
        .with_hint("Check the endpoint's host and port, and whether the proxy can reach them.")
    }

    fn tunnel_failed(&self, target: &str) -> Error {
        Error::new(ErrorKind::Connect, format!("the proxy {self} did not open a connection to {target}"))
            .with_hint(self.setting_hint())
    }

    fn not_http(&self) -> Error {
        Error::new(ErrorKind::Connect, format!("the proxy {self} does not speak HTTP"))
            .refused()
            .with_hint(format!("{} It must be that of an HTTP proxy.", self.setting_hint()))
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// Hides the password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// Returns the host of a URI, with the brackets of an IPv6 address, and its port.
pub(super) fn host_and_port(uri: &Uri) -> Option<(&str, u16)> {
    let default_port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    Some((uri.host()?, uri.port_u16().unwrap_or(default_port)))
}

/// Returns host and port of a URI as one text.
pub(super) fn target(uri: &Uri) -> String {
    host_and_port(uri).map_or_else(String::new, |(host, port)| format!("{host}:{port}"))
}

/// Returns the status in a response head, or `None` if it is not that of HTTP/1.
fn status(head: &[u8]) -> Option<u16> {
    let line = head.strip_prefix(b"HTTP/1.")?;
    let status = line.get(2..5).filter(|_| line.get(1) == Some(&b' '))?;
    std::str::from_utf8(status).ok()?.parse().ok()
}

/// Returns the value of a header in a response head.
fn header(head: &[u8], name: &str) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find_map(|(other, value)| other.eq_ignore_ascii_case(name).then(|| value.trim().to_owned()))
}

/// Returns `ERR_ACCESS_DENIED` for squid's header `X-Squid-Error: ERR_ACCESS_DENIED 0`.
fn squid_error(value: &str) -> &str {
    value.split_whitespace().next().unwrap_or_default()
}

/// Returns `true` if a response shows that a proxy created it: HTML, as all of them send, or a header of theirs.
fn has_proxy_mark(headers: &Headers) -> bool {
    let is_html = headers.get("content-type").is_some_and(|value| value.starts_with("text/html"));
    is_html || headers.get("x-squid-error").or(headers.get("proxy-connection")).is_some()
}

/// Sends requests through the proxy, if they have to: inside a tunnel, or in the form that a proxy forwards.
#[derive(Debug)]
pub(super) struct ProxyConnector {
    pub(super) proxy: Option<Arc<Proxy>>,
    /// For proxies that are themselves reached over TLS.
    pub(super) tls: Option<Arc<Tls>>,
}

impl<In: Stream> Connector<In> for ProxyConnector {
    type Out = Box<dyn Stream>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, UreqError> {
        let Some(connection) = chained else { return Ok(None) };
        let mut connection: Box<dyn Stream> = Box::new(connection);
        let Some(proxy) = self.proxy.as_ref().filter(|proxy| proxy.applies_to_uri(details.uri)) else {
            return Ok(Some(connection));
        };
        if proxy.https {
            let tls = self.tls.as_ref().ok_or(UreqError::TlsRequired)?;
            connection = tls::wrap(tls, connection, &proxy.uri, details)?;
        }
        Ok(Some(if details.needs_tls() {
            proxy.open_tunnel(connection, details, &target(details.uri))?
        } else {
            let authority = details.uri.authority().map_or("", |authority| authority.as_str()).to_owned();
            Box::new(Forwarding { connection, proxy: Arc::clone(proxy), authority, at_head: true })
        }))
    }
}

/// A connection through a proxy. It is not encrypted yet, even if that to the proxy is.
#[derive(Debug)]
struct Tunnel(Box<dyn Stream>);

impl Stream for Tunnel {}

impl Transport for Tunnel {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), UreqError> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, UreqError> {
        self.0.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }
}

/// A connection to a proxy that forwards plain HTTP requests.
///
/// Such requests have the whole URL in their first line. ureq writes only the path, so the line is completed here.
#[derive(Debug)]
struct Forwarding {
    connection: Box<dyn Stream>,
    proxy: Arc<Proxy>,
    /// The host and port of the server.
    authority: String,
    /// The next output begins a request.
    at_head: bool,
}

impl Forwarding {
    /// Completes the first line of a request, and adds the credentials for the proxy.
    fn rewrite(&self, output: &[u8]) -> Option<Vec<u8>> {
        let method_end = output.iter().position(|&byte| byte == b' ')? + 1;
        let line_end = output.windows(2).position(|two| two == b"\r\n")? + 2;
        let (method, path) = (&output[..method_end], output.get(method_end..line_end)?);
        let mut rewritten = Vec::with_capacity(output.len() + 256);
        for part in [method, b"http://", self.authority.as_bytes(), path] {
            rewritten.extend_from_slice(part);
        }
        if let Some(authorization) = &self.proxy.authorization {
            rewritten.extend_from_slice(format!("proxy-authorization: {authorization}\r\n").as_bytes());
        }
        rewritten.extend_from_slice(&output[line_end..]);
        Some(rewritten)
    }
}

impl Stream for Forwarding {
    fn receive(&mut self, buf: &mut [u8], timeout: NextTimeout) -> Result<usize, UreqError> {
        self.connection.receive(buf, timeout)
    }

    fn begin_request(&mut self) {
        self.at_head = true;
    }

    fn is_forwarded(&self) -> bool {
        true
    }
}

impl Transport for Forwarding {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.connection.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), UreqError> {
        if !mem::take(&mut self.at_head) {
            return self.connection.transmit_output(amount, timeout);
        }
        let output = &self.connection.buffers().output()[..amount];
        // This output contains the whole first line, because the buffer is larger than any line that S3 accepts.
        let head = output.to_vec();
        let head = self.rewrite(&head).ok_or(UreqError::ConnectionFailed)?;
        let mut rest = &head[..];
        while !rest.is_empty() {
            let output = self.connection.buffers().output();
            let (piece, after) = rest.split_at(rest.len().min(output.len()));
            output[..piece.len()].copy_from_slice(piece);
            self.connection.transmit_output(piece.len(), timeout)?;
            rest = after;
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, UreqError> {
        self.connection.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.connection.is_open()
    }
}
