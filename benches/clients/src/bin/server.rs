//! The server for what nginx cannot serve: uploads, and a listing of 100,000 keys.
//!
//! `server` prints its port and serves until it is killed. The ETag in the response to a PUT is the MD5 of its
//! `Content-MD5` header, so that the server computes no MD5. `server ports N` prints N free ports instead.

use std::env;
use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use plain_s3_benches::{KEYS, KEYS_PER_PAGE};

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    if let [command, count] = &args[..] {
        assert_eq!(command, "ports");
        let count = count.parse().map_err(io::Error::other)?;
        let open: Vec<TcpListener> =
            (0..count).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
        for listener in open {
            println!("{}", listener.local_addr()?.port());
        }
        return Ok(());
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let pages = Arc::new((0..KEYS / KEYS_PER_PAGE).map(page).collect::<Vec<_>>());
    println!("{}", listener.local_addr()?.port());
    for stream in listener.incoming() {
        let (stream, pages) = (stream?, Arc::clone(&pages));
        // An error ends only the connection on which it occurs.
        thread::spawn(move || serve(stream, &pages));
    }
    Ok(())
}

fn serve(stream: TcpStream, pages: &[Vec<u8>]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BufReader::with_capacity(1 << 20, &stream);
    while let Some(head) = Head::read(&mut input)? {
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
        let mut head = Self { method, target, length: 0, md5: None, expects_100: false };
        loop {
            line.clear();
            input.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { return Ok(Some(head)) };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => head.length = value.parse().map_err(io::Error::other)?,
                "content-md5" => head.md5 = BASE64.decode(value).ok(),
                "expect" => head.expects_100 = true,
                _ => {}
            }
        }
    }
}

fn respond(head: &Head, body: &[u8], pages: &[Vec<u8>]) -> Vec<u8> {
    let query = head.target.split_once('?').map_or("", |(_, query)| query);
    match head.method.as_str() {
        "GET" => {
            let token = query.split('&').find_map(|pair| {
                pair.strip_prefix("continuation-token=").or_else(|| pair.strip_prefix("marker="))
            });
            // The token is the last key of the previous page, and each key ends with its number.
            let page = match token.map(|token| token.rsplit('-').next().unwrap_or(token).parse::<usize>()) {
                Some(Ok(last)) if last >= KEYS_PER_PAGE - 1 => (last + 1) / KEYS_PER_PAGE,
                _ => 0,
            };
            pages[page.min(pages.len() - 1)].clone()
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
            format!(
                "HTTP/1.1 200 OK\r\nETag: \"{e_tag}\"\r\nAccept-Ranges: bytes\r\nContent-Length: 0\r\n\
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
fn page(number: usize) -> Vec<u8> {
    let first = number * KEYS_PER_PAGE;
    let keys = first..first + KEYS_PER_PAGE;
    let mut text = String::from(
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><EncodingType>url</EncodingType>\
         <Name>bucket</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys>",
    );
    let more = keys.end < KEYS;
    let _ = write!(text, "<IsTruncated>{more}</IsTruncated>");
    for i in keys.clone() {
        let _ = write!(
            text,
            "<Contents><Key>photos%2F2026%2Fa%20b-{i:08}</Key><LastModified>2026-11-21T07:54:48.{:03}Z\
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
