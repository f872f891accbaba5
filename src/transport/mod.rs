//! HTTP: sends one attempt and returns one response. No other module uses ureq.

mod buffers;
mod connect;
mod connection;
mod errors;
mod limits;
mod own_error;
mod proxy;
mod request_context;
mod resolver;
mod response_body;
mod response_head;
mod socket;
mod tls;

use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::http::{self, HeaderName, HeaderValue};
use ureq::unversioned::transport::Connector as _;
use ureq::{Agent, SendBody};

use crate::body::BodyReader;
use crate::config::Config;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::headers::Headers;
use crate::request::Method;
use crate::response::Response;
use connect::Dialer;
use connection::{HttpConnector, Received, Responses};
use errors::Peer;
use proxy::{Proxy, ProxyConnector};
use resolver::CachingResolver;
use response_body::{DirectBody, ResponseBody};
use socket::SocketConnector;
use tls::{Tls, TlsConnector};

pub(crate) use limits::Limits;

/// Sends the requests of a client and keeps its connections.
#[derive(Debug)]
pub(crate) struct Transport {
    agent: Agent,
    resolver: CachingResolver,
    responses: Responses,
    proxy: Option<Arc<Proxy>>,
    /// The program has not set a proxy, so variables that name one are not used.
    ignores_proxy_variables: bool,
    connect_timeout: Duration,
    idle_timeout: Duration,
}

impl Transport {
    pub(crate) fn new(config: &Config, endpoint: &Endpoint) -> Result<Self> {
        let builder = Agent::config_builder()
            .http_status_as_error(false)
            // ureq would send the session token to the host that a redirect names, and turn a PUT into a GET.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("plain-s3/", env!("CARGO_PKG_VERSION")))
            .accept("")
            .accept_encoding("")
            // `ProxyConnector` connects through proxies. ureq would take one from the environment.
            .proxy(None)
            .timeout_connect(Some(config.connect_timeout))
            .timeout_per_read(Some(config.idle_timeout))
            .timeout_per_write(Some(config.idle_timeout))
            .max_idle_connections(config.max_idle_connections)
            .max_idle_connections_per_host(config.max_idle_connections)
            .input_buffer_size(buffers::SMALL)
            .output_buffer_size(buffers::SMALL);
        let proxy = Proxy::new(config.proxy.as_ref(), endpoint)?.map(Arc::new);
        let proxy_is_https = proxy.as_ref().is_some_and(|proxy| proxy.is_https());
        let plain = !endpoint.is_https() && !proxy_is_https;
        let tls = if plain { None } else { Some(Arc::new(Tls::new(config)?)) };
        let resolver = CachingResolver::new(proxy.clone());
        let responses = Responses::default();
        let connector = SocketConnector { dialer: Dialer::default(), plain }
            .chain(ProxyConnector { proxy: proxy.clone(), tls: tls.clone() })
            .chain(TlsConnector(tls))
            .chain(HttpConnector(responses.clone()));
        Ok(Self {
            agent: Agent::with_parts(builder.build(), connector, resolver.clone()),
            resolver,
            responses,
            proxy,
            ignores_proxy_variables: config.proxy.is_none(),
            connect_timeout: config.connect_timeout,
            idle_timeout: config.idle_timeout,
        })
    }

    /// Sends a request and waits for the head of the response.
    pub(crate) fn send(
        &self,
        method: Method,
        url: &str,
        headers: &Headers,
        body: &mut BodyReader<'_>,
        limits: Limits,
    ) -> Result<Response> {
        let mut request = http_request(method, url, headers)?;
        let server = request.uri().authority().cloned();
        let _scope = request_context::begin(body.len());
        let response = if matches!(method, Method::Put | Method::Post) {
            // ureq does not read a body of length 0, so a reader that has bytes after all is detected here.
            if body.len() == 0 {
                body.expect_end()?;
            }
            // Without a length, ureq would use chunked encoding, which S3 rejects.
            request.headers_mut().insert(http::header::CONTENT_LENGTH, HeaderValue::from(body.len()));
            self.run(request, SendBody::from_reader(&mut RequestBody(body)), limits)
        } else {
            self.run(request, SendBody::none(), limits)
        };
        let (status, Received { headers, length, slot }, content) = response?;
        // An error response to an incomplete request is valid, but a success cannot be: the server does not
        // have the whole object.
        if request_context::is_sending_stopped() && matches!(status, 200..=299) {
            return Err(errors::early_success());
        }
        // If ureq expects no body, for example after a HEAD, the connection may have returned to the pool already,
        // and the slot may hold the stream of another response.
        let direct = match (content.content_length(), length) {
            (Some(_), Some(remaining)) => slot.take().map(|stream| DirectBody { stream, slot, remaining }),
            _ => None,
        };
        let body = ResponseBody::new(content.into_reader(), direct, limits, server);
        Ok(Response { status, headers, body: Box::new(body) })
    }

    /// Runs a request within its limits, and converts ureq's error.
    fn run(
        &self,
        request: http::Request<()>,
        body: SendBody<'_>,
        limits: Limits,
    ) -> Result<(u16, Received, ureq::Body)> {
        let uri = request.uri().clone();
        let request = request.map(|()| body);
        let request = if limits.deadline.is_some() || limits.idle != self.idle_timeout {
            let remaining =
                limits.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if remaining.is_some_and(|remaining| remaining.is_zero()) {
                return Err(errors::call_timeout(limits.total));
            }
            self.agent
                .configure_request(request)
                .timeout_global(remaining)
                .timeout_per_read(Some(limits.idle))
                .build()
        } else {
            request
        };
        let proxy = self.proxy.as_deref().filter(|proxy| proxy.applies_to_uri(&uri));
        let is_https = uri.scheme_str() == Some("https");
        let response = self.agent.run(request).map_err(|error| {
            self.responses.discard();
            let server = uri.authority().map_or("the server", |authority| authority.as_str());
            let mut error = errors::convert(error, self.connect_timeout, limits, Peer { server, proxy });
            if !is_https && proxy.is_none() {
                error = errors::disconnect_hint(error);
            }
            // The host may have moved, so the next attempt resolves its name again.
            if error.kind() == ErrorKind::Connect {
                self.resolver.clear();
            }
            if self.ignores_proxy_variables { errors::proxy_variable_hint(error, &uri) } else { error }
        })?;
        // Inside a tunnel, every response is the server's.
        let proxy = proxy.filter(|_| !is_https);
        let (head, content) = response.into_parts();
        let (status, received) = (head.status.as_u16(), self.responses.take(&head));
        let Some(received) = received else {
            let text = "the response does not belong to the request";
            return Err(Error::new(ErrorKind::UnexpectedResponse, text));
        };
        match proxy.and_then(|proxy| proxy.own_response(status, &received.headers, &proxy::target(&uri))) {
            Some(error) => Err(error),
            None => Ok((status, received, content)),
        }
    }
}

fn http_request(method: Method, url: &str, headers: &Headers) -> Result<http::Request<()>> {
    let mut request = http::Request::new(());
    *request.method_mut() = method.as_str().parse().expect("every S3 method is an HTTP method");
    *request.uri_mut() = url.parse().map_err(|error: http::uri::InvalidUri| {
        Error::invalid("the request URL is invalid").with_source(error)
    })?;
    for (name, value) in headers.iter() {
        let pair = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes()));
        let (Ok(name), Ok(value)) = pair else {
            return Err(Error::invalid(format!("the header {name} is invalid in an HTTP request")));
        };
        request.headers_mut().append(name, value);
    }
    Ok(request)
}

/// The body of a request, as ureq reads it. It is not read any further once the server stops accepting it.
struct RequestBody<'a, 'b>(&'a mut BodyReader<'b>);

impl Read for RequestBody<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // ureq reads the response only after it has sent the announced length. The rest is therefore passed
        // over instead of ending the body early, and `Socket` discards whatever `buf` contains.
        if request_context::is_sending_stopped() { Ok(self.0.skip(buf.len())) } else { self.0.read(buf) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ProxySetting, ProxyVariables};

    #[track_caller]
    fn assert_invalid<T>(result: Result<T>, text: &str) {
        let Err(error) = result else { panic!("expected: {text}") };
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::InvalidInput, text));
    }

    /// Pins the texts of the errors that are found before a connection is made.
    #[test]
    fn golden_texts_of_invalid_settings() {
        let text = "the request URL is invalid: invalid authority";
        assert_invalid(http_request(Method::Get, "http://[", &Headers::default()), text);
        let mut headers = Headers::default();
        headers.append("a b", "");
        let text = "the header a b is invalid in an HTTP request";
        assert_invalid(http_request(Method::Get, "http://h/", &headers), text);
    }

    #[test]
    fn golden_texts_of_invalid_proxies() {
        let new = |config: Config, endpoint: &str| {
            Transport::new(&config, &Endpoint::parse(endpoint).unwrap()).map(|_| ())
        };
        for (url, text) in [
            ("http://user:pa55@", "the proxy http://…@ is not a URL such as http://host:port"),
            ("http://h:0", "the proxy http://h:0 is not a URL such as http://host:port"),
            ("http://h/path", "the proxy http://h/path is not a URL such as http://host:port"),
            ("ftp://h", "the proxy ftp://h is not a URL such as http://host:port"),
            (
                "socks5://user:pa55@h:1080",
                "the proxy socks5://…@h:1080 uses socks5, but only HTTP proxies are supported. Use a URL that starts with http:// or \
                 https://.",
            ),
        ] {
            assert_invalid(new(Config::new("").proxy(url), "http://s3.example.com"), text);
        }
        let mut config = Config::new("");
        config.proxy = Some(ProxySetting::Environment(ProxyVariables::read(|name| {
            (name == "ALL_PROXY").then(|| "socks5h://h:1080".to_owned())
        })));
        let text = "the proxy socks5h://h:1080 in ALL_PROXY uses socks5h, but only HTTP proxies are supported. Use a URL that \
             starts with http:// or https://.";
        assert_invalid(new(config, "http://s3.example.com"), text);
    }

    #[test]
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    fn golden_texts_of_invalid_certificates() {
        let configure = |pem: &str| Tls::new(&Config::new("").ca_pem(pem)).map(|_| ());
        let text = "Config::ca_pem contains no certificate (-----BEGIN CERTIFICATE-----)";
        assert_invalid(configure(""), text);
        let Err(error) = configure("-----BEGIN CERTIFICATE-----\nMII") else {
            panic!("the PEM text has no end")
        };
        assert_eq!(
            (error.kind(), error.summary()),
            (ErrorKind::InvalidInput, "Config::ca_pem is not valid PEM")
        );
    }

    #[test]
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    fn golden_texts_of_invalid_client_certificates() {
        let configure = |pem: &str, key: &str| {
            Tls::new(&Config::new("").client_certificate(pem, key)).map(|_| ()).unwrap_err()
        };
        let error = configure("", "");
        let text = "Config::client_certificate contains no certificate (-----BEGIN CERTIFICATE-----)";
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::InvalidInput, text));
        let certificate = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        let error = configure(certificate, certificate);
        let text = "Config::client_certificate contains no private key";
        assert_eq!((error.kind(), error.summary()), (ErrorKind::InvalidInput, text));
    }
}
