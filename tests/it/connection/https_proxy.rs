//! HTTPS through the tunnel of a proxy: the bytes on the socket are encrypted and must not be read as
//! content.

#![cfg(any(feature = "rustls", feature = "native-tls"))]

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use plain_s3::{Client, Config, Credentials, RetryPolicy};

use crate::fake_server::tls::{self, Then};

const SIZE: usize = 5 << 20;

/// Starts a proxy whose tunnels all lead to `server`. Returns the address of the proxy.
fn tunnels_to(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A client that disconnects is for its own test to detect.
            thread::spawn(move || tunnel(client, server));
        }
    });
    address
}

fn tunnel(mut client: TcpStream, address: SocketAddr) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"CONNECT "));
    let server = TcpStream::connect(address)?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || io::copy(&mut from, &mut to));
    io::copy(&mut &server, &mut client)?;
    Ok(())
}

// promise: D1
#[test]
fn large_object_is_decrypted_through_the_tunnel() {
    let body = "0123456789abcdef".repeat(SIZE / 16);
    let response = format!("HTTP/1.1 200 OK\r\ncontent-length: {SIZE}\r\n\r\n{body}");
    let proxy = tunnels_to(tls::responding(response, Then::Drain, 1));
    let config = Config::new("https://127.0.0.1:9")
        .proxy(format!("http://{proxy}"))
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
