//! A proxy that takes all connections to a provider: it ends their TLS and passes the requests to a scripted server.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::fake_server::{FakeServer, tls};

/// A self-signed certificate for the hosts of all providers, valid from 2020 to 2119 and used only by these tests. A
/// provider with another host requires a new one, with the host among its alternative names: `openssl ca -selfsign`.
pub(super) const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIC2zCCAoCgAwIBAgIBATAKBggqhkjOPQQDAjAmMSQwIgYDVQQDDBtwbGFpbi1z
MyB0ZXN0cyBvZiBwcm92aWRlcnMwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEw
MDAwMDBaMCYxJDAiBgNVBAMMG3BsYWluLXMzIHRlc3RzIG9mIHByb3ZpZGVyczBZ
MBMGByqGSM49AgEGCCqGSM49AwEHA0IABHS9LyacOrHJwpyb164aVkcaNqNRo+DD
2UTFhAR7yrQQPhI1UYT28SPSvElJwuBjCV+b4fO2VBeTBZsuDyy12X6jggGbMIIB
lzAMBgNVHRMBAf8EAjAAMIIBZgYDVR0RBIIBXTCCAVmCHCouczMuZXUtd2VzdC0x
LmFtYXpvbmF3cy5jb22CGnMzLmV1LXdlc3QtMS5hbWF6b25hd3MuY29tgh5zMy51
cy13ZXN0LTAwNC5iYWNrYmxhemViMi5jb22CGioucjIuY2xvdWRmbGFyZXN0b3Jh
Z2UuY29tghtueWMzLmRpZ2l0YWxvY2VhbnNwYWNlcy5jb22CF3MzLnVzLWVhc3Qt
MDA1LmRyZWFtLmlvgg5nYXJhZ2UuZXhhbXBsZYINbWluaW8uZXhhbXBsZYIWc3Rv
cmFnZS5nb29nbGVhcGlzLmNvbYIVKi5zdG9yYWdlLnN1cGFiYXNlLmNvgh1zMy5l
dS1jZW50cmFsLTEud2FzYWJpc3lzLmNvbYIfKi5vc3MtZXUtY2VudHJhbC0xLmFs
aXl1bmNzLmNvbYIdb3NzLWV1LWNlbnRyYWwtMS5hbGl5dW5jcy5jb20wHQYDVR0O
BBYEFKV/ueF9dR870gRci0jT6I0YB1gAMAoGCCqGSM49BAMCA0kAMEYCIQDKPcOd
9FTKZB7RNxuNbZvQtNBas+BhymFkVq0MPOeAJAIhAM9CFUUqUr+uEY8Q6HLCsFE7
jYtCBA6adgvpVmN8rV1h
-----END CERTIFICATE-----
";
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgiXEcEYHseY+MBcJM
+eR3cW/nXsdDP8qldqkv29LOZmihRANCAAR0vS8mnDqxycKcm9euGlZHGjajUaPg
w9lExYQEe8q0ED4SNVGE9vEj0rxJScLgYwlfm+HztlQXkwWbLg8stdl+
-----END PRIVATE KEY-----
";

/// The longest wait for one side before the other is looked at.
const TURN: Duration = Duration::from_millis(1);

pub(super) struct Tunnel {
    pub(super) proxy: String,
    targets: Arc<Mutex<Vec<String>>>,
}

impl Tunnel {
    /// Starts a proxy whose connections all lead to this server. Its threads end with the connections.
    pub(super) fn start(server: &FakeServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = format!("http://{}", listener.local_addr().unwrap());
        let upstream: SocketAddr = server.authority().parse().unwrap();
        let config = Arc::new(tls::server_config(CERTIFICATE.as_bytes(), KEY.as_bytes(), None));
        let targets = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&targets);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (config, seen) = (Arc::clone(&config), Arc::clone(&seen));
                // A connection that breaks is for its own test to detect.
                thread::spawn(move || serve(client, upstream, config, &seen));
            }
        });
        Self { proxy, targets }
    }

    /// Returns the targets of all CONNECT requests, such as `storage.googleapis.com:443`.
    pub(super) fn targets(&self) -> MutexGuard<'_, Vec<String>> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn serve(
    mut client: TcpStream,
    upstream: SocketAddr,
    config: Arc<ServerConfig>,
    targets: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    targets.lock().unwrap_or_else(PoisonError::into_inner).push(target);
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;

    let mut server = TcpStream::connect(upstream)?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TURN))?;
    }
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut client = StreamOwned::new(connection, client);
    let mut buffer = vec![0; 64 << 10];
    while pass(&mut client, &mut server, &mut buffer)? && pass(&mut server, &mut client, &mut buffer)? {}
    Ok(())
}

/// Passes on what has arrived. Returns `false` at the end.
fn pass(from: &mut impl Read, to: &mut impl Write, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read(buffer) {
        Ok(0) => Ok(false),
        Ok(n) => {
            to.write_all(&buffer[..n])?;
            to.flush()?;
            Ok(true)
        }
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(true),
        Err(error) => Err(error),
    }
}
