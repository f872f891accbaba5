//! HTTP by ureq: the only place that knows it. Sends one attempt and gives back one answer.

mod resolver;

use std::io::{self, Read};

use ureq::http::{self, HeaderName, HeaderValue};
use ureq::{Agent, SendBody, Timeout};

use crate::body::OpenBody;
use crate::config::Config;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::headers::Headers;
use crate::request::Method;
use crate::response::Response;
use resolver::{CachingResolver, LookupFailed};

/// Bytes read from a connection at once, and written to it. Measured best for uploads and for TLS.
const BUFFER: usize = 64 << 10;

/// The connections of a client.
#[derive(Debug)]
pub(crate) struct Transport {
    agent: Agent,
    resolver: CachingResolver,
    connect_timeout: std::time::Duration,
    idle_timeout: std::time::Duration,
}

impl Transport {
    pub(crate) fn new(config: &Config, endpoint: &Endpoint) -> Result<Self> {
        let builder = Agent::config_builder()
            .http_status_as_error(false)
            // followed by ureq, a redirect takes the session token along and turns a PUT into a GET
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("plain-s3/", env!("CARGO_PKG_VERSION")))
            .accept("")
            .accept_encoding("")
            .proxy(proxy(config)?)
            .timeout_connect(Some(config.connect_timeout))
            .timeout_per_read(Some(config.idle_timeout))
            .timeout_per_write(Some(config.idle_timeout))
            .input_buffer_size(BUFFER)
            .output_buffer_size(BUFFER);
        let builder = tls(builder, config, endpoint)?;
        let resolver = CachingResolver::default();
        let connector = ureq::unversioned::transport::DefaultConnector::default();
        Ok(Self {
            agent: Agent::with_parts(builder.build(), connector, resolver.clone()),
            resolver,
            connect_timeout: config.connect_timeout,
            idle_timeout: config.idle_timeout,
        })
    }

    /// Sends a request and waits for the head of the answer.
    pub(crate) fn send(
        &self,
        method: Method,
        url: &str,
        headers: &Headers,
        body: &mut OpenBody<'_>,
    ) -> Result<Response> {
        let mut request = http::Request::new(());
        *request.method_mut() = method.as_str().parse().expect("the methods of S3 are methods of HTTP");
        *request.uri_mut() = url.parse().map_err(|error: http::uri::InvalidUri| {
            Error::invalid("the URL of the request is not valid").with_source(error)
        })?;
        for (name, value) in headers.iter() {
            let pair = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes()));
            let (Ok(name), Ok(value)) = pair else {
                return Err(Error::invalid(format!("the header {name} cannot be sent")));
            };
            request.headers_mut().append(name, value);
        }
        let answer = if matches!(method, Method::Put | Method::Post) {
            if body.len() == 0 {
                body.expect_end()?;
            }
            // without a length ureq would send it in chunks, which S3 refuses
            request.headers_mut().insert(http::header::CONTENT_LENGTH, HeaderValue::from(body.len()));
            self.agent.run(request.map(|()| SendBody::from_reader(body)))
        } else {
            self.agent.run(request)
        };
        let answer = answer.map_err(|error| self.error(error))?;
        let (head, content) = answer.into_parts();
        let mut headers = Headers::default();
        for (name, value) in &head.headers {
            headers.append(name.as_str(), text(value.as_bytes()));
        }
        let body = Incoming { body: content.into_reader(), timeout: self.idle_timeout };
        Ok(Response { status: head.status.as_u16(), headers, body: Box::new(body) })
    }

    fn error(&self, error: ureq::Error) -> Error {
        let error = convert(error, self.connect_timeout, self.idle_timeout);
        if error.kind() == ErrorKind::Connect {
            self.resolver.forget();
        }
        error
    }
}

/// A header's value as text. S3 has UTF-8 in metadata; what is not UTF-8 is read as Latin-1, as HTTP had it.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// An answer's body, with this crate's errors inside its `io::Error`s.
struct Incoming {
    body: ureq::BodyReader<'static>,
    timeout: std::time::Duration,
}

impl Read for Incoming {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.body.read(buf).map_err(|error| convert(error.into(), self.timeout, self.timeout).into())
    }
}

fn proxy(config: &Config) -> Result<Option<ureq::Proxy>> {
    let Some(url) = &config.proxy else { return Ok(None) };
    let proxy = ureq::Proxy::new(&url.0)
        .map_err(|_| Error::invalid(format!("the proxy {url:?} is no URL like http://host:port")))?;
    match proxy.protocol() {
        ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https => Ok(Some(proxy)),
        other => {
            Err(Error::invalid(format!("the proxy {url:?} speaks {other:?}; only HTTP proxies are known")))
        }
    }
}

type Builder = ureq::config::ConfigBuilder<ureq::typestate::AgentScope>;

#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn tls(builder: Builder, config: &Config, endpoint: &Endpoint) -> Result<Builder> {
    use ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

    if !endpoint.is_https() {
        return Ok(builder);
    }
    let provider = if cfg!(feature = "rustls") { TlsProvider::Rustls } else { TlsProvider::NativeTls };
    let mut tls = TlsConfig::builder().provider(provider);
    if let Some(pem) = &config.ca_pem {
        let mut certificates = Vec::new();
        for item in parse_pem(pem) {
            match item {
                Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
                Ok(_) => {}
                Err(error) => return Err(Error::invalid("Config::ca_pem cannot be read").with_source(error)),
            }
        }
        if certificates.is_empty() {
            return Err(Error::invalid("Config::ca_pem holds no certificate (-----BEGIN CERTIFICATE-----)"));
        }
        tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
    }
    Ok(builder.tls_config(tls.build()))
}

/// Without TLS there is nothing to set, and [`Endpoint::parse`] refuses `https`.
#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
fn tls(builder: Builder, _: &Config, _: &Endpoint) -> Result<Builder> {
    Ok(builder)
}

fn convert(error: ureq::Error, connect: std::time::Duration, idle: std::time::Duration) -> Error {
    match error {
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
            Error::new(ErrorKind::Timeout, format!("no connection within {connect:?}"))
                .with_hint("Check the endpoint's host and port, and any firewall in between.")
        }
        ureq::Error::Timeout(Timeout::PerWrite) => {
            Error::new(ErrorKind::Timeout, format!("the server took no byte of the request for {idle:?}"))
                .with_hint("Config::idle_timeout sets this limit.")
        }
        ureq::Error::Timeout(_) => {
            Error::new(ErrorKind::Timeout, format!("the server was silent for {idle:?}"))
                .with_hint("Config::idle_timeout sets this limit.")
        }
        ureq::Error::HostNotFound => unknown_name(),
        ureq::Error::Other(inner) if inner.is::<LookupFailed>() => unknown_name().with_source(inner),
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
            Error::new(ErrorKind::UnexpectedAnswer, "the answer is not HTTP/1.1")
                .with_source(error)
                .with_hint("If the port speaks TLS, write https:// in the endpoint.")
        }
        error => Error::new(ErrorKind::Network, "the request failed").with_source(error),
    }
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
        _ => Error::new(ErrorKind::Network, "the connection was lost").with_source(error),
    }
}

fn unknown_name() -> Error {
    Error::new(ErrorKind::Connect, "the host name was not found").with_hint(
        "Check the endpoint's spelling and this machine's DNS; in virtual-hosted style the bucket is part of the name.",
    )
}

fn handshake(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let error = error.into();
    let text = error.to_string().to_ascii_lowercase();
    let hint = if text.contains("certificate") || text.contains("issuer") {
        "If the server's certificate comes from an authority of its own, give that by Config::ca_pem."
    } else {
        "If the server speaks plain HTTP, write http:// in the endpoint."
    };
    Error::new(ErrorKind::Tls, "no TLS connection").with_source(error).with_hint(hint)
}
