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
MIID0zCCA3mgAwIBAgIBATAKBggqhkjOPQQDAjAmMSQwIgYDVQQDDBtwbGFpbi1z
MyB0ZXN0cyBvZiBwcm92aWRlcnMwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEw
MDAwMDBaMCYxJDAiBgNVBAMMG3BsYWluLXMzIHRlc3RzIG9mIHByb3ZpZGVyczBZ
MBMGByqGSM49AgEGCCqGSM49AwEHA0IABHS9LyacOrHJwpyb164aVkcaNqNRo+DD
2UTFhAR7yrQQPhI1UYT28SPSvElJwuBjCV+b4fO2VBeTBZsuDyy12X6jggKUMIIC
kDAMBgNVHRMBAf8EAjAAMB0GA1UdDgQWBBSlf7nhfXUfO9IEXItI0+iNGAdYADCC
Al8GA1UdEQSCAlYwggJSghwqLnMzLmV1LXdlc3QtMS5hbWF6b25hd3MuY29tghpz
My5ldS13ZXN0LTEuYW1hem9uYXdzLmNvbYIeczMudXMtd2VzdC0wMDQuYmFja2Js
YXplYjIuY29tghoqLnIyLmNsb3VkZmxhcmVzdG9yYWdlLmNvbYIbbnljMy5kaWdp
dGFsb2NlYW5zcGFjZXMuY29tghdzMy51cy1lYXN0LTAwNS5kcmVhbS5pb4IOZ2Fy
YWdlLmV4YW1wbGWCDW1pbmlvLmV4YW1wbGWCFnN0b3JhZ2UuZ29vZ2xlYXBpcy5j
b22CFSouc3RvcmFnZS5zdXBhYmFzZS5jb4IdczMuZXUtY2VudHJhbC0xLndhc2Fi
aXN5cy5jb22CIiouczMub3NzLWV1LWNlbnRyYWwtMS5hbGl5dW5jcy5jb22CIHMz
Lm9zcy1ldS1jZW50cmFsLTEuYWxpeXVuY3MuY29tgh0qLmZzbjEueW91ci1vYmpl
Y3RzdG9yYWdlLmNvbYIbZnNuMS55b3VyLW9iamVjdHN0b3JhZ2UuY29tghlzMy51
cy13ZXN0LTEuaWRyaXZlZTIuY29tgh0qLnVzLWVhc3QtMS5saW5vZGVvYmplY3Rz
LmNvbYIbdXMtZWFzdC0xLmxpbm9kZW9iamVjdHMuY29tghkqLnMzLmdyYS5pby5j
bG91ZC5vdmgubmV0ghdzMy5ncmEuaW8uY2xvdWQub3ZoLm5ldIIVKi5zMy5mci1w
YXIuc2N3LmNsb3VkghNzMy5mci1wYXIuc2N3LmNsb3VkMAoGCCqGSM49BAMCA0gA
MEUCIQDci6dopXuyZuIzrvwl6rrS/W8Xn+0bEsSC+n1jNK1PKQIgS74RrXo0KQ8t
VNbe7+/lS/+T55sOAnTfEAsT/TWSedg=
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
