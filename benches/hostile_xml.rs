//! Counts the instructions with which a client reads hostile XML, relative to an ordinary listing of the same
//! length: `cargo bench --bench hostile_xml` (needs valgrind).
//!
//! Each body is read by a process of its own under callgrind, which this program starts with `read FILE` or
//! `transfer FILE`.

use std::env;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{self, Command};
use std::{fs, thread};

use plain_s3::{Client, Config, Method, RawRequest, RetryPolicy};

const LENGTHS: [usize; 3] = [60_000, 1_000_000, 30_000_000];
const KINDS: [&str; 12] = [
    "nested namespaces",
    "attributes",
    "namespaces in one element",
    "siblings with namespaces",
    "nested elements",
    "empty elements",
    "CDATA sections",
    "entities",
    "control characters",
    "references to control characters",
    "equals signs",
    "start tags without an end",
];

fn main() {
    let args: Vec<String> = env::args().collect();
    match args.iter().position(|arg| arg == "read" || arg == "transfer") {
        Some(mode) => request(&args[mode], &args[mode + 1]),
        None => table(),
    }
}

fn table() {
    let file = env::temp_dir().join(format!("hostile-xml-{}", process::id()));
    let count = |mode: &str, kind: &str, length: usize| -> Option<u64> {
        fs::write(&file, body(kind, length)).unwrap();
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(env::current_exe().unwrap())
            .arg(mode)
            .arg(&file)
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let (_, collected) = text.split_once("Collected : ")?;
        collected.split_whitespace().next()?.parse().ok()
    };
    for length in LENGTHS {
        // the process itself, the connection and the transfer are the same for all bodies
        let Some(base) = count("transfer", "listing", length) else {
            println!("valgrind cannot be run");
            return;
        };
        let listing = count("read", "listing", length).unwrap() - base;
        println!("{length} bytes: {listing} instructions for an ordinary listing");
        for kind in KINDS {
            let hostile = count("read", kind, length).unwrap().saturating_sub(base);
            println!("  {kind}: {:.2}", hostile as f64 / listing as f64);
        }
    }
    fs::remove_file(&file).unwrap();
}

/// Returns a body of about this length.
fn body(kind: &str, length: usize) -> String {
    let mut out = String::with_capacity(length + 4096);
    let fill = |out: &mut String, unit: &dyn Fn(usize) -> String| {
        (0..)
            .take_while(|&i| {
                *out += &unit(i);
                out.len() < length
            })
            .for_each(drop);
    };
    match kind {
        "listing" => {
            out += "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>false</IsTruncated>";
            // the keys of the longest listing have their maximum length; otherwise it would be too many entries
            let padding = if length > 10_000_000 { 900 } else { 20 };
            fill(&mut out, &|i| {
                format!(
                    "<Contents><Key>photos/{i:0padding$}</Key><LastModified>2011-04-21T18:05:39.000Z</LastModified>\
                     <ETag>&quot;5d41402abc4b2a76b9719d911017c592&quot;</ETag><Size>{i}</Size><Owner><ID>0123456789abcdef\
                     </ID><DisplayName>alice</DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents>"
                )
            });
            out += "</ListBucketResult>";
        }
        "nested namespaces" => fill(&mut out, &|i| format!("<a xmlns:n{i}='u'>")),
        "attributes" => {
            out += "<a";
            fill(&mut out, &|i| format!(" a{i}=''"));
            out += "/>";
        }
        "namespaces in one element" => {
            out += "<a";
            fill(&mut out, &|i| format!(" xmlns:a{i}=''"));
            out += "/>";
        }
        "siblings with namespaces" => {
            out += "<a";
            (0..7).for_each(|i| write!(out, " xmlns:n{i}='u{i}'").unwrap());
            out += ">";
            fill(&mut out, &|i| format!("<b xmlns:c='u' n{}:a='' n{}:b=''/>", i % 7, (i + 1) % 7));
            out += "</a>";
        }
        "nested elements" => fill(&mut out, &|_| "<a>".to_owned()),
        "empty elements" => {
            out += "<a>";
            fill(&mut out, &|_| "<b/>".to_owned());
            out += "</a>";
        }
        "start tags without an end" => fill(&mut out, &|_| "<a b='".to_owned()),
        kind => {
            let unit = match kind {
                "CDATA sections" => "<![CDATA[a]]>",
                "entities" => "&amp;",
                "control characters" => "\u{1}",
                "references to control characters" => "&#1;",
                "equals signs" => "=",
                other => panic!("unknown kind {other:?}"),
            };
            // a text of more than 64 KiB would be rejected at once
            let key = unit.repeat(50_000 / unit.len());
            out += "<ListBucketResult><IsTruncated>false</IsTruncated>";
            fill(&mut out, &|i| format!("<Contents><Size>1</Size><Key>{i}{key}</Key></Contents>"));
            out += "</ListBucketResult>";
        }
    }
    out
}

/// Lists a bucket whose listing is this file, or only receives the file.
fn request(mode: &str, file: &str) {
    let body = fs::read(file).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).unwrap();
        let _ = stream.write_all(&body);
    });
    let client = Client::new(Config::new(endpoint).retry(RetryPolicy::none())).unwrap();
    if mode == "transfer" {
        let mut bytes = Vec::new();
        client
            .send_raw(&RawRequest::new(Method::Get).bucket("b"), "")
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        println!("{} bytes", bytes.len());
    } else {
        let entries = client.list_objects("b").filter(|entry| match entry {
            Ok(_) => true,
            Err(error) => {
                println!("{error}");
                false
            }
        });
        println!("{} entries", entries.count());
    }
    server.join().unwrap();
}
