//! A server for transfers larger than memory: it generates what it sends and discards what it receives.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use crate::signatures::{hex, md5_hex};

/// The length of the block that the content of every object repeats.
const BLOCK: usize = 1 << 20;

/// Serves objects of one length and accepts uploads of any length.
pub(crate) struct BulkServer {
    address: SocketAddr,
    uploaded: Arc<Mutex<Uploaded>>,
}

/// What the server has received.
#[derive(Default)]
pub(crate) struct Uploaded {
    /// The lengths of the parts, in the order of their arrival.
    pub(crate) parts: Vec<u64>,
    pub(crate) completed: bool,
    pub(crate) aborted: bool,
    /// The MD5s of the parts, as sent by the client.
    md5s: Vec<u8>,
}

impl BulkServer {
    /// Starts a server whose objects have `length` bytes.
    pub(crate) fn start(length: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { address: listener.local_addr().unwrap(), uploaded: Arc::default() };
        let (uploaded, e_tag) = (Arc::clone(&server.uploaded), e_tag(length));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (uploaded, e_tag) = (Arc::clone(&uploaded), e_tag.clone());
                // A client that disconnects is for its own test to detect.
                thread::spawn(move || serve(stream, length, &e_tag, &uploaded));
            }
        });
        server
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn uploaded(&self) -> MutexGuard<'_, Uploaded> {
        self.uploaded.lock().unwrap()
    }
}

fn block() -> Vec<u8> {
    (0..BLOCK).map(|i| ((i * i) >> 5) as u8).collect()
}

/// Returns the MD5 of an object of this length.
fn e_tag(length: u64) -> String {
    let (block, mut md5, mut left) = (block(), Md5::new(), length);
    while left > 0 {
        let n = left.min(BLOCK as u64);
        md5.update(&block[..n as usize]);
        left -= n;
    }
    hex(&md5.finalize())
}

fn serve(stream: TcpStream, length: u64, e_tag: &str, uploaded: &Mutex<Uploaded>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(256 << 10, stream.try_clone()?);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let header = |name: &str| {
            head.lines().find_map(|line| {
                line.to_ascii_lowercase().starts_with(name).then(|| line[name.len()..].trim())
            })
        };
        let body = header("content-length:").map_or(0, |length| length.parse().unwrap());
        if io::copy(&mut (&mut reader).take(body), &mut io::sink())? < body {
            return Ok(());
        }
        let mut uploaded = uploaded.lock().unwrap();
        let line = head.lines().next().unwrap();
        let (e_tag, xml) = if line.starts_with("GET") {
            drop(uploaded);
            send(&stream, length, e_tag)?;
            continue;
        } else if line.contains("partNumber=") {
            uploaded.parts.push(body);
            let md5 = header("content-md5:").map(|md5| STANDARD.decode(md5).unwrap());
            let md5 = md5.unwrap_or_else(|| vec![0; 16]);
            uploaded.md5s.extend(&md5);
            (hex(&md5), "")
        } else if line.contains("?uploads") {
            (
                "-".into(),
                "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>",
            )
        } else if line.starts_with("DELETE") {
            uploaded.aborted = true;
            ("-".into(), "")
        } else {
            uploaded.completed = true;
            (
                format!("{}-{}", md5_hex(&uploaded.md5s), uploaded.parts.len()),
                "<CompleteMultipartUploadResult><ETag>@</ETag></CompleteMultipartUploadResult>",
            )
        };
        let xml = xml.replace('@', &e_tag);
        let head = format!("HTTP/1.1 200 OK\r\netag: \"{e_tag}\"\r\ncontent-length: {}\r\n\r\n", xml.len());
        (&stream).write_all((head + &xml).as_bytes())?;
    }
}

fn send(mut stream: &TcpStream, length: u64, e_tag: &str) -> io::Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\netag: \"{e_tag}\"\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    let (block, mut left) = (block(), length);
    while left > 0 {
        let n = left.min(BLOCK as u64);
        stream.write_all(&block[..n as usize])?;
        left -= n;
    }
    Ok(())
}
