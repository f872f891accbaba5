//! A server that speaks TLS and refuses what it is sent as soon as it has seen the head.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Of 127.0.0.1, from 2020 to 2119, signed by itself; it opens nothing but these tests.
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

/// What the server does once it has answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Then {
    /// Closes, with most of the request unread.
    Close,
    /// Reads no more, and keeps the connection for this long.
    Stop(Duration),
    /// Reads to the end.
    Drain,
}

/// Answers one request on each of so many connections with these bytes; gives the address.
pub(crate) fn refusing(answer: String, then: Then, connections: usize) -> SocketAddr {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().take(connections).flatten() {
            // a client that leaves is for its own test to notice
            let _ = serve(stream, &config, &answer, then);
        }
    });
    address
}

fn serve(stream: TcpStream, config: &Arc<ServerConfig>, answer: &str, then: Then) -> io::Result<()> {
    // or the answer waits for the tickets before it, and is dropped at the close
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let mut head: Vec<u8> = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let n = stream.read(&mut buffer)?;
        if n == 0 {
            return Ok(());
        }
        head.extend(&buffer[..n]);
    }
    stream.write_all(answer.as_bytes())?;
    stream.flush()?;
    match then {
        Then::Close => {}
        Then::Stop(time) => thread::sleep(time),
        Then::Drain => drop(io::copy(&mut stream, &mut io::sink())),
    }
    Ok(())
}
