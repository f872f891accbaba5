//! HTTPS through the tunnel of a proxy: what the proxy does wrong, and that the content is decrypted.

#![cfg(any(feature = "rustls", feature = "native-tls"))]

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use plain_s3::{Client, Config, Credentials, Error, ErrorKind, RetryPolicy};

use crate::clients::config_at;
use crate::fake_server::tls::{self, Then};
use crate::support::fails;

const SIZE: usize = 5 << 20;

/// A proxy that handles each connection, after it has read the head of CONNECT.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Proxy {
    pub(crate) fn start(
        handle: impl Fn(TcpStream, String) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, handle) = (Arc::clone(&connections), Arc::new(handle));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let handle = Arc::clone(&handle);
                // A client that disconnects is for its own test to detect.
                thread::spawn(move || {
                    let head = read_head(&client)?;
                    handle(client, head)
                });
            }
        });
        Self { address, connections }
    }

    /// Starts a proxy that sends the same bytes to everybody and closes the connection.
    pub(crate) fn responding(response: &str) -> Self {
        let response = response.to_owned();
        Self::start(move |mut client, _| client.write_all(response.as_bytes()))
    }

    /// Starts a proxy whose tunnels all lead to `server`.
    pub(crate) fn tunnels_to(server: SocketAddr) -> Self {
        Self::start(move |mut client, _| {
            let server = TcpStream::connect(server)?;
            client.write_all(b"HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n")?;
            let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
            thread::spawn(move || io::copy(&mut from, &mut to));
            io::copy(&mut &server, &mut client)?;
            Ok(())
        })
    }

    fn config(&self) -> Config {
        config_at("https://s3.example.com").proxy(format!("http://user:hunter2@{}", self.address))
    }

    #[track_caller]
    fn error(&self, kind: ErrorKind) -> Error {
        let error = fails(kind, Client::new(self.config()).unwrap().list_buckets());
        assert!(!format!("{error:?} {error:#?}").contains("hunter2"), "{error:?}");
        error
    }
}

fn read_head(mut client: &TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8(head).unwrap())
}

// promise: D1
#[test]
fn large_object_is_decrypted_through_the_tunnel() {
    let body = "0123456789abcdef".repeat(SIZE / 16);
    let response = format!("HTTP/1.1 200 OK\r\ncontent-length: {SIZE}\r\n\r\n{body}");
    let proxy = Proxy::tunnels_to(tls::responding(response, Then::Drain, 1));
    let config = Config::new("https://127.0.0.1:9")
        .proxy(format!("http://{}", proxy.address))
        .ca_pem(tls::CERTIFICATE)
        .credentials(Credentials::new("access", "secret"))
        .retry(RetryPolicy::none());
    let mut object = Client::new(config).unwrap().get_object("b", "k").unwrap();
    let mut got = vec![0; SIZE];
    let mut filled = 0;
    while filled < SIZE {
        let n = object.read(&mut got[filled..]).unwrap();
        assert!(n > 0);
        filled += n;
    }
    assert!(got == body.as_bytes());
}

#[test]
fn connect_names_host_and_port_and_carries_the_credentials() {
    let (sender, heads) = mpsc::channel();
    let proxy = Proxy::start(move |mut client, head| {
        sender.send(head).unwrap();
        client.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    });
    for (endpoint, target) in [
        ("https://s3.example.com", "s3.example.com:443"),
        ("https://s3.example.com:8443", "s3.example.com:8443"),
        ("https://[::1]:8443", "[::1]:8443"),
    ] {
        let config = config_at(endpoint).proxy(format!("http://user:p+%3a@{}", proxy.address));
        fails(ErrorKind::Connect, Client::new(config).unwrap().list_buckets());
        let user_agent = concat!("plain-s3/", env!("CARGO_PKG_VERSION"));
        // The base64 encoding of "user:p+:".
        let expected = format!(
            "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: {user_agent}\r\nProxy-Authorization: Basic dXNlcjpwKzo=\r\n\r\n"
        );
        assert_eq!(heads.recv().unwrap(), expected);
    }
}

// promise: R1
#[test]
fn status_of_the_proxy_is_reported_and_permanent_ones_are_not_retried() {
    for (status, attempts, text) in [
        (401, 1, "rejected the user and the password (401). Check them in Config::proxy."),
        (403, 1, "does not allow connections to s3.example.com:443 (403). Ask the operator of the proxy"),
        (404, 1, "rejected the connection to s3.example.com:443 (404). Check the URL in Config::proxy."),
        (405, 1, "rejected the connection to s3.example.com:443 (405). Check the URL in Config::proxy."),
        (407, 1, "rejected the user and the password (407). Check them in Config::proxy."),
        (302, 1, "sent an unexpected status (302). Check the URL in Config::proxy."),
        (502, 4, "could not connect to s3.example.com:443 (502). Check the endpoint's host and port"),
        (503, 4, "could not connect to s3.example.com:443 (503). Check the endpoint's host and port"),
        (504, 4, "could not connect to s3.example.com:443 (504). Check the endpoint's host and port"),
    ] {
        let proxy = Proxy::responding(&format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n"));
        let error = proxy.error(ErrorKind::Connect);
        let expected = format!("ListBuckets: the proxy http://{} {text}", proxy.address);
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert_eq!((error.proxy_status(), error.status()), (Some(status), None));
        assert_eq!(proxy.connections.load(Ordering::SeqCst), attempts, "{status}");
    }
}

#[test]
fn proxy_that_does_not_speak_http_is_reported_once() {
    for response in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/2 200\r\n\r\n",
        "\x15\x03\x01\x00\x02\x02\x46",
        "HTTP/1.1 OK\r\n\r\n",
    ] {
        let proxy = Proxy::responding(response);
        let error = proxy.error(ErrorKind::Connect);
        let expected = format!("ListBuckets: the proxy http://{} does not speak HTTP. Check", proxy.address);
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert_eq!(proxy.connections.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn proxy_that_closes_the_connection_is_named() {
    for response in ["", "HTTP/1.1 200 OK\r\nvia"] {
        let proxy = Proxy::responding(response);
        let error = proxy.error(ErrorKind::Connect);
        let expected = format!(
            "the proxy http://{} did not open a connection to s3.example.com:443. Check the URL in Config::proxy. \
             The proxy closed the connection.",
            proxy.address
        );
        assert!(error.to_string().ends_with(&expected), "{error}");
        assert_eq!(proxy.connections.load(Ordering::SeqCst), 4);
    }
}

/// Sends a header without an end until the client disconnects.
fn trickle(mut client: TcpStream, _: String) -> io::Result<()> {
    client.write_all(b"HTTP/1.1 200 OK\r\nx: ")?;
    loop {
        client.write_all(b"x")?;
        thread::sleep(Duration::from_millis(5));
    }
}

/// Sends nothing until the client disconnects.
pub(crate) fn stall(mut client: TcpStream, _: String) -> io::Result<()> {
    io::copy(&mut client, &mut io::sink()).map(drop)
}

// promise: T2
#[test]
fn deadlines_bound_a_trickling_and_a_silent_proxy() {
    for proxy in [Proxy::start(trickle), Proxy::start(stall)] {
        let limit = Duration::from_millis(300);
        let config = proxy.config().connect_timeout(limit).retry(RetryPolicy::none());
        let error = fails(ErrorKind::Timeout, Client::new(config).unwrap().list_buckets());
        let expected = format!(
            "ListBuckets: the proxy http://{} did not open a connection to s3.example.com:443 within 300ms. Check \
             the endpoint's host and port, and whether the proxy can reach them.",
            proxy.address
        );
        assert_eq!(error.to_string(), expected);
        let error = fails(
            ErrorKind::Timeout,
            Client::new(proxy.config().call_timeout(limit)).unwrap().list_buckets(),
        );
        assert!(error.to_string().contains("did not finish within 300ms"), "{error}");
    }
}

#[test]
fn proxy_that_is_down_or_unknown_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (proxy, text) in [
        (
            format!("http://127.0.0.1:{port}"),
            format!("could not connect to the proxy http://127.0.0.1:{port} at"),
        ),
        (
            "http://no-such-proxy.invalid:3128".to_owned(),
            "the host name no-such-proxy.invalid of the proxy could not be resolved".to_owned(),
        ),
    ] {
        for endpoint in ["https://s3.example.com", "http://s3.example.com"] {
            let client = Client::new(config_at(endpoint).proxy(&proxy)).unwrap();
            let error = fails(ErrorKind::Connect, client.list_buckets());
            assert!(error.to_string().starts_with(&format!("ListBuckets: {text}")), "{error}");
            assert!(error.to_string().contains("Check the URL in Config::proxy."), "{error}");
        }
    }
}

/// A proxy that is itself reached over TLS.
#[test]
fn encrypted_connection_to_the_proxy_carries_forwarded_requests() {
    let response = "HTTP/1.1 204 No Content\r\n\r\n".to_owned();
    let proxy = tls::responding(response, Then::Drain, 1);
    let config =
        config_at("http://s3.example.com").proxy(format!("https://{proxy}")).ca_pem(tls::CERTIFICATE);
    Client::new(config).unwrap().delete_object("b", "k").unwrap();
}
