//! A server of one object that was uploaded in parts, with a thread for each connection: while the client reads the
//! content, it may ask for the size of a part.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::signatures::multipart_e_tag;

pub(crate) struct PartsServer {
    address: SocketAddr,
    object: Arc<Object>,
}

struct Object {
    content: Vec<u8>,
    part_size: usize,
    knows_parts: bool,
    /// The numbers of the downloads that are damaged, from 0.
    damaged: &'static [usize],
    downloads: AtomicUsize,
    requests: AtomicUsize,
}

impl PartsServer {
    /// Starts a server of this content. `knows_parts` states whether it supports `partNumber`.
    pub(crate) fn start(
        content: &[u8],
        part_size: usize,
        knows_parts: bool,
        damaged: &'static [usize],
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let object = Arc::new(Object {
            content: content.to_vec(),
            part_size,
            knows_parts,
            damaged,
            downloads: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
        });
        let server = Self { address: listener.local_addr().unwrap(), object: Arc::clone(&object) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let object = Arc::clone(&object);
                // A client that disconnects is for its own test to detect.
                thread::spawn(move || object.serve(&stream));
            }
        });
        server
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the number of requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.object.requests.load(Ordering::Relaxed)
    }
}

impl Object {
    fn serve(&self, mut stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let e_tag = multipart_e_tag(&self.content, self.part_size);
        loop {
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if reader.read_line(&mut head)? == 0 {
                    return Ok(());
                }
            }
            self.requests.fetch_add(1, Ordering::Relaxed);
            let is_head = head.starts_with("HEAD");
            let (status, length) = if self.knows_parts && head.contains("partNumber=1") {
                ("206 Partial Content", self.part_size)
            } else {
                ("200 OK", self.content.len())
            };
            write!(stream, "HTTP/1.1 {status}\r\netag: \"{e_tag}\"\r\ncontent-length: {length}\r\n\r\n")?;
            if is_head {
                continue;
            }
            let mut body = self.content.clone();
            if self.damaged.contains(&self.downloads.fetch_add(1, Ordering::Relaxed)) {
                body[self.part_size / 2] ^= 1;
            }
            stream.write_all(&body)?;
        }
    }
}
