//! A server for transfers larger than memory: it makes up what it sends, and forgets what it gets.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use crate::signatures::{hex, md5_hex};

/// The content of every object: this, over and over.
const STEP: usize = 1 << 20;

pub(crate) struct Sink {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

/// What has come in.
#[derive(Default)]
pub(crate) struct Seen {
    /// The lengths of the parts, in the order of their coming.
    pub(crate) parts: Vec<u64>,
    pub(crate) completed: bool,
    pub(crate) aborted: bool,
    /// The MD5s of the parts, as the client has sent them.
    sums: Vec<u8>,
}

impl Sink {
    /// Serves objects of so many bytes, and takes uploads of any length.
    pub(crate) fn start(length: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sink = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let (seen, e_tag) = (Arc::clone(&sink.seen), e_tag(length));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, e_tag) = (Arc::clone(&seen), e_tag.clone());
                // a client that is gone is for its own test to notice
                thread::spawn(move || serve(stream, length, &e_tag, &seen));
            }
        });
        sink
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }
}

fn step() -> Vec<u8> {
    (0..STEP).map(|i| ((i * i) >> 5) as u8).collect()
}

fn e_tag(length: u64) -> String {
    let (step, mut md5, mut left) = (step(), Md5::new(), length);
    while left > 0 {
        let n = left.min(STEP as u64);
        md5.update(&step[..n as usize]);
        left -= n;
    }
    hex(&md5.finalize())
}

fn serve(stream: TcpStream, length: u64, e_tag: &str, seen: &Mutex<Seen>) -> io::Result<()> {
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
        let mut seen = seen.lock().unwrap();
        let line = head.lines().next().unwrap();
        let (e_tag, xml) = if line.starts_with("GET") {
            drop(seen);
            send(&stream, length, e_tag)?;
            continue;
        } else if line.contains("partNumber=") {
            seen.parts.push(body);
            let md5 = header("content-md5:").map(|md5| STANDARD.decode(md5).unwrap());
            let md5 = md5.unwrap_or_else(|| vec![0; 16]);
            seen.sums.extend(&md5);
            (hex(&md5), "")
        } else if line.contains("?uploads") {
            (
                "-".into(),
                "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>",
            )
        } else if line.starts_with("DELETE") {
            seen.aborted = true;
            ("-".into(), "")
        } else {
            seen.completed = true;
            (
                format!("{}-{}", md5_hex(&seen.sums), seen.parts.len()),
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
    let (step, mut left) = (step(), length);
    while left > 0 {
        let n = left.min(STEP as u64);
        stream.write_all(&step[..n as usize])?;
        left -= n;
    }
    Ok(())
}
