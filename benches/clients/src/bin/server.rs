//! The server for what nginx cannot serve: uploads, and listings of 100,000 and of a million keys.
//!
//! `server` prints its port and serves until it is killed. The ETag in the response to a PUT is the MD5 of its
//! `Content-MD5` header, so that the server computes no MD5, and `x-amz-checksum-*` headers are returned as sent.
//! `GET /counts` returns the number of connections, twice, and of requests, as nginx does. `server ports N` prints N free
//! ports instead, and `server crc64 FILE` the CRC-64/NVME of a file.

use std::env;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use plain_s3_benches::{KEYS, KEYS_PER_PAGE, LONG_BUCKET, LONG_KEYS};

static CONNECTIONS: AtomicUsize = AtomicUsize::new(0);
static REQUESTS: AtomicUsize = AtomicUsize::new(0);

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => listen(),
        ["ports", count] => print_ports(count.parse().map_err(io::Error::other)?),
        ["crc64", file] => print_crc64(file),
        _ => Err(io::Error::other("usage: server [ports N | crc64 FILE]")),
    }
}

fn print_ports(count: usize) -> io::Result<()> {
    let open: Vec<TcpListener> =
        (0..count).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    for listener in open {
        println!("{}", listener.local_addr()?.port());
    }
    Ok(())
}

fn print_crc64(file: &str) -> io::Result<()> {
    let mut crc = crc64fast_nvme::Digest::new();
    let mut input = BufReader::with_capacity(1 << 20, File::open(file)?);
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        crc.write(bytes);
        let read = bytes.len();
        input.consume(read);
    }
    println!("{}", BASE64.encode(crc.sum64().to_be_bytes()));
    Ok(())
}

fn listen() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let pages = Arc::new(Pages::new());
    println!("{}", listener.local_addr()?.port());
    for stream in listener.incoming() {
        let (stream, pages) = (stream?, Arc::clone(&pages));
        CONNECTIONS.fetch_add(1, Ordering::Relaxed);
        // An error ends only the connection on which it occurs.
        thread::spawn(move || serve(stream, &pages));
    }
    Ok(())
}

/// The pages of the listing, with keys as they are and with URL-encoded keys.
struct Pages {
    plain: Vec<Vec<u8>>,
    encoded: Vec<Vec<u8>>,
}

impl Pages {
    fn new() -> Self {
        let pages = |encoded| (0..KEYS / KEYS_PER_PAGE).map(|number| page(number, KEYS, encoded)).collect();
        Self { plain: pages(false), encoded: pages(true) }
    }
}

fn serve(stream: TcpStream, pages: &Pages) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BufReader::with_capacity(1 << 20, &stream);
    while let Some(head) = Head::read(&mut input)? {
        REQUESTS.fetch_add(1, Ordering::Relaxed);
        if head.expects_100 {
            (&stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let body = if head.method == "POST" {
            let mut body = vec![0; head.length as usize];
            input.read_exact(&mut body)?;
            body
        } else {
            io::copy(&mut (&mut input).take(head.length), &mut io::sink())?;
            Vec::new()
        };
        (&stream).write_all(&respond(&head, &body, pages))?;
    }
    Ok(())
}

struct Head {
    method: String,
    target: String,
    length: u64,
    md5: Option<Vec<u8>>,
    /// The lines of the headers `x-amz-checksum-*`.
    checksums: String,
    expects_100: bool,
}

impl Head {
    fn read(input: &mut BufReader<&TcpStream>) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut head =
            Self { method, target, length: 0, md5: None, checksums: String::new(), expects_100: false };
        loop {
            line.clear();
            input.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { return Ok(Some(head)) };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => head.length = value.parse().map_err(io::Error::other)?,
                "content-md5" => head.md5 = BASE64.decode(value).ok(),
                name if name.starts_with("x-amz-checksum-") => {
                    let _ = write!(head.checksums, "{name}: {value}\r\n");
                }
                "expect" => head.expects_100 = true,
                _ => {}
            }
        }
    }
}

fn respond(head: &Head, body: &[u8], pages: &Pages) -> Vec<u8> {
    let query = head.target.split_once('?').map_or("", |(_, query)| query);
    match head.method.as_str() {
        "GET" if head.target == "/counts" => {
            let connections = CONNECTIONS.load(Ordering::Relaxed);
            let text = format!("{connections} {connections} {}\n", REQUESTS.load(Ordering::Relaxed));
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len()).into_bytes()
        }
        "GET" => {
            let encoded = query.contains("encoding-type=url");
            let pages = if encoded { &pages.encoded } else { &pages.plain };
            let token = query.split('&').find_map(|pair| {
                pair.strip_prefix("continuation-token=").or_else(|| pair.strip_prefix("marker="))
            });
            // The token is the last key of the previous page, and each key ends with its number.
            let number = match token.map(|token| token.rsplit('-').next().unwrap_or(token).parse::<usize>()) {
                Some(Ok(last)) if last >= KEYS_PER_PAGE - 1 => (last + 1) / KEYS_PER_PAGE,
                _ => 0,
            };
            if head.target[1..].starts_with(LONG_BUCKET) {
                return page(number.min(LONG_KEYS / KEYS_PER_PAGE - 1), LONG_KEYS, encoded);
            }
            pages[number.min(pages.len() - 1)].clone()
        }
        "POST" if query.starts_with("uploads") => xml(
            "<InitiateMultipartUploadResult><Bucket>bucket</Bucket><Key>large</Key><UploadId>upload</UploadId>\
             </InitiateMultipartUploadResult>",
        ),
        "POST" => {
            let e_tag = multipart_etag(&String::from_utf8_lossy(body));
            xml(&format!(
                "<CompleteMultipartUploadResult><Bucket>bucket</Bucket><Key>large</Key><ETag>{e_tag}</ETag>\
                 </CompleteMultipartUploadResult>"
            ))
        }
        _ => {
            let e_tag = head.md5.as_deref().map_or("not-an-md5".to_owned(), hex);
            let checksums = &head.checksums;
            format!(
                "HTTP/1.1 200 OK\r\nETag: \"{e_tag}\"\r\nAccept-Ranges: bytes\r\nContent-Length: 0\r\n{checksums}\
                 x-amz-request-id: tx000006edfc3d18de48907-006b014e48-1012-default\r\n\
                 Date: Sat, 21 Nov 2026 07:54:48 GMT\r\nConnection: Keep-Alive\r\n\r\n"
            )
            .into_bytes()
        }
    }
}

/// Returns the ETag of a multipart upload: the MD5 of the MD5s of its parts.
fn multipart_etag(xml: &str) -> String {
    let mut md5 = Md5::new();
    let mut count = 0;
    for tag in xml.split("<ETag>").skip(1) {
        // `&quot;` contains no hexadecimal digits, so filtering the digits removes it.
        let digits: String = tag.chars().take_while(|c| *c != '<').filter(char::is_ascii_hexdigit).collect();
        let pairs = digits.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair));
        md5.update(pairs.filter_map(|pair| u8::from_str_radix(&pair, 16).ok()).collect::<Vec<_>>());
        count += 1;
    }
    format!("&quot;{}-{count}&quot;", hex(&md5.finalize()))
}

/// Returns a page in the format of Ceph: these fields in this order, and a chunked body.
fn page(number: usize, all_keys: usize, encoded: bool) -> Vec<u8> {
    let first = number * KEYS_PER_PAGE;
    let keys = first..first + KEYS_PER_PAGE;
    let (prefix, encoding) = if encoded {
        ("photos%2F2026%2Fa%20b", "<EncodingType>url</EncodingType>")
    } else {
        ("photos/2026/a b", "")
    };
    let mut text = format!(
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{encoding}\
         <Name>bucket</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys>",
    );
    let more = keys.end < all_keys;
    let _ = write!(text, "<IsTruncated>{more}</IsTruncated>");
    for i in keys.clone() {
        let _ = write!(
            text,
            "<Contents><Key>{prefix}-{i:08}</Key><LastModified>2026-11-21T07:54:48.{:03}Z\
             </LastModified><ETag>&quot;{}&quot;</ETag><Size>{}</Size><StorageClass>STANDARD</StorageClass>\
             <Type>Normal</Type></Contents>",
            i % 1000,
            hex(&Md5::digest(i.to_string())),
            1000 + i
        );
    }
    if more {
        let _ = write!(
            text,
            "<NextContinuationToken>photos/2026/a b-{:08}</NextContinuationToken>",
            keys.end - 1
        );
    }
    let _ = write!(text, "<KeyCount>{KEYS_PER_PAGE}</KeyCount></ListBucketResult>");
    xml(&text)
}

fn xml(text: &str) -> Vec<u8> {
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}");
    let mut response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\
        x-amz-request-id: tx000006d9fa761e2cf4104-006b014e48-1012-default\r\nContent-Type: application/xml\r\n\
        Date: Sat, 21 Nov 2026 07:54:48 GMT\r\nConnection: Keep-Alive\r\n\r\n"
        .to_vec();
    for chunk in text.as_bytes().chunks(64 << 10) {
        response.extend(format!("{:X}\r\n", chunk.len()).bytes());
        response.extend(chunk);
        response.extend(b"\r\n");
    }
    response.extend(b"0\r\n\r\n");
    response
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |out, byte| out + &format!("{byte:02x}"))
}
