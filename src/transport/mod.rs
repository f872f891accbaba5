//! HTTP by ureq: the only place that knows it. Sends one attempt and gives back one answer.

mod buffers;
mod errors;
mod incoming;
mod line;
mod request_context;
mod resolver;
mod socket;

use std::borrow::Cow;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::http::{self, HeaderName, HeaderValue};
use ureq::unversioned::transport::{ConnectProxyConnector, Connector};
use ureq::{Agent, SendBody};

use crate::body::BodyReader;
use crate::config::Config;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::headers::Headers;
use crate::request::Method;
use crate::response::Response;
use incoming::{Direct, Incoming, LARGE_BODY};
use line::{IdleLines, Line};
use resolver::CachingResolver;
use socket::SocketConnector;

/// The connections of a client.
#[derive(Debug)]
pub(crate) struct Transport {
    agent: Agent,
    resolver: CachingResolver,
    idle_lines: IdleLines,
    /// No proxy is in between. What one keeps open is a tunnel to somewhere, which ureq alone knows.
    direct: bool,
    connect_timeout: Duration,
    idle_timeout: Duration,
}

/// How long one attempt may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How long the other side may be silent.
    pub(crate) idle: Duration,
    /// When the whole call must be over.
    pub(crate) deadline: Option<Instant>,
    /// What the deadline was made from, for the error's text.
    pub(crate) total: Duration,
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
            .input_buffer_size(buffers::SMALL)
            .output_buffer_size(buffers::SMALL);
        let builder = tls(builder, config, endpoint)?;
        let resolver = CachingResolver::default();
        let idle_lines = IdleLines::default();
        let sockets = SocketConnector { idle: idle_lines.clone(), plain: !endpoint.is_https() };
        let connector = ().chain(ConnectProxyConnector::default()).chain(sockets);
        #[cfg(feature = "rustls")]
        let connector = connector.chain(ureq::unversioned::transport::RustlsConnector::default());
        #[cfg(feature = "native-tls")]
        let connector = connector.chain(ureq::unversioned::transport::NativeTlsConnector::default());
        Ok(Self {
            agent: Agent::with_parts(builder.build(), connector, resolver.clone()),
            resolver,
            idle_lines,
            direct: config.proxy.is_none(),
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
        body: &mut BodyReader<'_>,
        limits: Limits,
    ) -> Result<Response> {
        let mut request = http_request(method, url, headers)?;
        let _exchange = request_context::begin(body.len());
        let answer = if matches!(method, Method::Put | Method::Post) {
            if body.len() == 0 {
                body.expect_end()?;
            }
            // without a length ureq would send it in chunks, which S3 refuses
            request.headers_mut().insert(http::header::CONTENT_LENGTH, HeaderValue::from(body.len()));
            self.run(request, SendBody::from_reader(&mut Outgoing(body)), limits)
        } else {
            self.run(request, SendBody::none(), limits)
        };
        let (head, content) = answer?.into_parts();
        if request_context::is_refused() && head.status.is_success() {
            return Err(Error::new(
                ErrorKind::Network,
                "the server answered before it had taken the whole body",
            ));
        }
        let len = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        let mut headers = Headers::with_capacity(head.headers.len(), len);
        for (name, value) in &head.headers {
            headers.append(name.as_str(), &text(value.as_bytes()));
        }
        let left = content.content_length().unwrap_or_default();
        // a request with a body may be answered before it is whole, and its connection is then of no more use
        let large = method == Method::Get && left > LARGE_BODY;
        let line = if large { request_context::take_line() } else { None };
        let direct = line.and_then(|line| self.direct(line, &head));
        let body = Incoming::new(content.into_reader(), left, direct, limits);
        Ok(Response { status: head.status.as_u16(), headers, body: Box::new(body) })
    }

    /// What is needed to read the body past ureq, where its length is certain.
    fn direct(&self, line: Arc<Line>, head: &http::response::Parts) -> Option<Direct> {
        if !self.direct || head.headers.contains_key(http::header::TRANSFER_ENCODING) {
            return None;
        }
        let mut connection = head.headers.get_all(http::header::CONNECTION).iter();
        let stays = head.version == http::Version::HTTP_11
            && connection.all(|value| value.as_bytes().eq_ignore_ascii_case(b"keep-alive"));
        Some(Direct { line, keep: stays.then(|| self.idle_lines.clone()) })
    }

    fn run(
        &self,
        request: http::Request<()>,
        body: SendBody<'_>,
        limits: Limits,
    ) -> Result<http::Response<ureq::Body>> {
        let plain = request.uri().scheme_str() == Some("http");
        let request = request.map(|()| body);
        let request = if limits.deadline.is_some() || limits.idle != self.idle_timeout {
            // the resolver is ours, so that a total timeout starts no thread
            let left = limits.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Err(errors::out_of_time(limits.total));
            }
            self.agent
                .configure_request(request)
                .timeout_global(left)
                .timeout_per_read(Some(limits.idle))
                .build()
        } else {
            request
        };
        self.agent.run(request).map_err(|error| {
            let mut error = errors::convert(error, self.connect_timeout, limits);
            if plain {
                error = errors::hang_up_hint(error);
            }
            if error.kind() == ErrorKind::Connect {
                self.resolver.forget();
            }
            error
        })
    }
}

fn http_request(method: Method, url: &str, headers: &Headers) -> Result<http::Request<()>> {
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
    Ok(request)
}

/// A header's value as text. S3 has UTF-8 in metadata; what is not UTF-8 is read as Latin-1, as HTTP had it.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// A request's body; not read any further once the server has answered and takes no more of it.
struct Outgoing<'a, 'b>(&'a mut BodyReader<'b>);

impl Read for Outgoing<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if request_context::is_refused() { Ok(self.0.skip(buf.len())) } else { self.0.read(buf) }
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
