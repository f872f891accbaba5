//! A plain HTTP client without any knowledge of S3. It stands for the programs that presigned URLs are passed to,
//! and sends each URL unmodified.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use super::server::Variant;

const TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// Returns the value of a header. The name must be in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub(crate) fn get(variant: &Variant<'_>, url: &str) -> Response {
    send(variant, "GET", url, &[], b"")
}

pub(crate) fn put(variant: &Variant<'_>, url: &str, headers: &[(String, String)], body: &[u8]) -> Response {
    send(variant, "PUT", url, headers, body)
}

pub(crate) fn send(
    variant: &Variant<'_>,
    method: &str,
    url: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Response {
    match url.strip_prefix("http://") {
        Some(rest) => send_plain(method, rest, headers, body),
        None => send_tls(variant, method, url, headers, body),
    }
}

/// Sends a whole request over plain HTTP. The connection is closed when the caller drops it.
pub(crate) fn start(url: &str, method: &str, headers: &[(String, String)], body: &[u8]) -> TcpStream {
    send_request(method, url.strip_prefix("http://").expect("plain HTTP"), headers, body)
}

fn send_plain(method: &str, url: &str, headers: &[(String, String)], body: &[u8]) -> Response {
    let mut stream = send_request(method, url, headers, body);
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();

    let end = response.windows(4).position(|four| four == b"\r\n\r\n").expect("the end of the head");
    let head = String::from_utf8_lossy(&response[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line");
    Response {
        status: status.parse().unwrap(),
        headers: lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect(),
        body: response[end + 4..].to_vec(),
    }
}

fn send_request(method: &str, url: &str, headers: &[(String, String)], body: &[u8]) -> TcpStream {
    let slash = url.find('/').expect("a path in the URL");
    let (authority, target) = url.split_at(slash);
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    if has_body(method) {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    head += "\r\n";
    let mut stream = connect(authority);
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    stream
}

fn has_body(method: &str) -> bool {
    matches!(method, "PUT" | "POST")
}

fn connect(authority: &str) -> TcpStream {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().unwrap()),
        None => (authority, 80),
    };
    if host.ends_with(".localhost") {
        // Not every resolver supports subdomains of localhost.
        return TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    }
    let addresses = (host, port).to_socket_addrs().unwrap();
    addresses.map(TcpStream::connect).find_map(Result::ok).expect("a connection")
}

/// Sends the request with ureq, as the standard library has no TLS.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn send_tls(
    variant: &Variant<'_>,
    method: &str,
    url: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Response {
    static AGENT: std::sync::OnceLock<ureq::Agent> = std::sync::OnceLock::new();
    let agent = AGENT.get_or_init(|| tls_agent(variant.ca_pem));
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let mut response = if has_body(method) {
        agent.run(request.body(body).unwrap()).unwrap()
    } else {
        agent.run(request.body(()).unwrap()).unwrap()
    };
    let headers = response.headers().iter();
    Response {
        status: response.status().as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        body: response.body_mut().read_to_vec().unwrap(),
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn tls_agent(ca_pem: Option<&[u8]>) -> ureq::Agent {
    use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

    let mut tls = TlsConfig::builder().provider(TlsProvider::Rustls);
    if let Some(pem) = ca_pem {
        tls = tls.root_certs(RootCerts::new_with_certs(&[Certificate::from_pem(pem).unwrap()]));
    }
    let config = ureq::Agent::config_builder()
        .tls_config(tls.build())
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(TIMEOUT));
    config.build().new_agent()
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
fn send_tls(_: &Variant<'_>, _: &str, _: &str, _: &[(String, String)], _: &[u8]) -> Response {
    unreachable!("a build without TLS has no HTTPS variant")
}
