//! A TLS server that sends its response as soon as it has read the head of a request.

use std::io::{self, Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

/// A self-signed certificate for 127.0.0.1, valid from 2020 to 2119 and used only by these tests.
pub(crate) const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIBbzCCARSgAwIBAgIBATAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA5wbGFpbi1z
MyB0ZXN0czAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGTEXMBUG
A1UEAwwOcGxhaW4tczMgdGVzdHMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASL
v54Te6zVdEca2n2Zc6/yeAk7CXY/xLSfeWGIccXt7713gpOP610WYAuQQ6eLR4NO
Bqdg3SEFKEaqU2L08rLxo0swSTAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3Qw
DAYDVR0TAQH/BAIwADAdBgNVHQ4EFgQU2jqQ6S/2eIh6p+rkQRD8xcV26ggwCgYI
KoZIzj0EAwIDSQAwRgIhAItg+xvIK6gNq7oiNV7iXJoV7bHLmFGx+aE5gh7q7Quh
AiEA12cLSBLKa05WOjEmZSHkoppZ4betbmQmv5LvbY/edy8=
-----END CERTIFICATE-----
";
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgulC62TW7H7XmeIMZ
COorz2LkdqOkUhZDwfGXIOhnJ0uhRANCAASLv54Te6zVdEca2n2Zc6/yeAk7CXY/
xLSfeWGIccXt7713gpOP610WYAuQQ6eLR4NOBqdg3SEFKEaqU2L08rLx
-----END PRIVATE KEY-----
";

/// What the server does after it has sent the response.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Then {
    /// Closes the connection with most of the request unread.
    Close,
    /// Stops reading, and keeps the connection open for this long.
    Stop(Duration),
    /// Reads and discards the rest of the request.
    Drain,
}

/// Starts a server that sends `response` once on each of `connections` connections. Returns its address.
pub(crate) fn responding(response: String, then: Then, connections: usize) -> SocketAddr {
    start(server_config(CERTIFICATE.as_bytes(), KEY.as_bytes(), None), response, then, connections)
}

/// Starts a server with this certificate chain and key, which sends `204 No Content` to all requests. If
/// `client_ca` is given, it requires a client certificate of this authority. Returns its address.
pub(crate) fn with_certificate(chain: &[u8], key: &[u8], client_ca: Option<&[u8]>) -> SocketAddr {
    let response = "HTTP/1.1 204 No Content\r\n\r\n".to_owned();
    start(server_config(chain, key, client_ca), response, Then::Drain, usize::MAX)
}

/// Starts a server that sends `records` in response to every request: each is a TLS record of its own, and all of them
/// are sent at once. Returns its address.
pub(crate) fn sending_records(records: Vec<Vec<u8>>) -> SocketAddr {
    let config = Arc::new(server_config(CERTIFICATE.as_bytes(), KEY.as_bytes(), None));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that disconnects is for its own test to detect.
            let _ = send_records(stream, &config, &records);
        }
    });
    address
}

fn send_records(mut stream: TcpStream, config: &Arc<ServerConfig>, records: &[Vec<u8>]) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    while read_head(&mut rustls::Stream::new(&mut connection, &mut stream))? {
        for record in records {
            connection.writer().write_all(record)?;
        }
        let mut output = Vec::new();
        while connection.wants_write() {
            connection.write_tls(&mut output)?;
        }
        stream.write_all(&output)?;
    }
    Ok(())
}

/// Returns a configuration with this certificate chain and key, which requires a client certificate of `client_ca` if
/// it is given.
pub(crate) fn server_config(chain: &[u8], key: &[u8], client_ca: Option<&[u8]>) -> ServerConfig {
    let chain = CertificateDer::pem_slice_iter(chain).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(pem).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    builder.with_single_cert(chain, key).unwrap()
}

fn start(config: ServerConfig, response: String, then: Then, connections: usize) -> SocketAddr {
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().take(connections).flatten() {
            // A client that disconnects is for its own test to detect.
            let _ = serve(stream, &config, &response, then);
        }
    });
    address
}

fn serve(stream: TcpStream, config: &Arc<ServerConfig>, response: &str, then: Then) -> io::Result<()> {
    // Otherwise the response is delayed behind the session tickets and dropped at the close.
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    if !read_head(&mut stream)? {
        return Ok(());
    }
    stream.write_all(response.as_bytes())?;
    stream.flush()?;
    match then {
        Then::Close => {}
        Then::Stop(time) => thread::sleep(time),
        Then::Drain => drop(io::copy(&mut stream, &mut io::sink())),
    }
    Ok(())
}

/// Reads the head of a request. Returns `false` if the stream ends before it.
fn read_head(stream: &mut impl Read) -> io::Result<bool> {
    let mut head: Vec<u8> = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let n = stream.read(&mut buffer)?;
        if n == 0 {
            return Ok(false);
        }
        head.extend(&buffer[..n]);
    }
    Ok(true)
}
